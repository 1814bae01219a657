import { isDeepStrictEqual } from "node:util";
import { labelsFrom, type Labels } from "@kubemetrics/apimachinery";
import type { ClusterConnection } from "./cluster-connection.ts";
import type { CollectionStatus } from "./collection-status.ts";
import type { ApiObject } from "./api-object.ts";
import { InternedLabels } from "./internal/interned-labels.ts";
import type { KnownNode, NodeTarget } from "./known-objects.ts";
import { ListWatch, type CollectionSink, type ListWatchOptions } from "./list-watch.ts";

export interface NodeCacheOptions extends ListWatchOptions {
  /** Only matching nodes are in `nodes()` and `targets()`. Default: all. */
  readonly selector?: { matches(labels: Labels): boolean };
  readonly onGone?: (name: string) => void;
  /** `targets()` gives something else than before. Called once for all changes that arrived together, in a later microtask. */
  readonly onTargetsChanged?: () => void;
}

/** One object for as long as its labels are the same: what was made of it is kept by its identity. */
interface NodeEntry extends KnownNode {
  target: NodeTarget;
  generation: number;
}

const pathAnnotation = "metrics.k8s.io/resource-metrics-path";

/** The nodes: name, labels and what a scrape needs. A Node object of 20 KB and more becomes less than 1 KB. */
export class NodeCache {
  readonly #nodes = new Map<string, NodeEntry>();
  readonly #labels = new InternedLabels();
  readonly #selector: { matches(labels: Labels): boolean } | undefined;
  readonly #onGone: (name: string) => void;
  readonly #onTargetsChanged: () => void;
  readonly #listWatch: ListWatch;
  #version = 0;
  #isTelling = false;
  #sorted: readonly NodeEntry[] | undefined;

  constructor(connection: ClusterConnection, options: NodeCacheOptions = {}) {
    this.#selector = options.selector;
    this.#onGone = options.onGone ?? ((): void => {});
    this.#onTargetsChanged = options.onTargetsChanged ?? ((): void => {});
    const nodes = this.#nodes;
    const sink: CollectionSink = {
      put: (object, generation) => this.#put(object, generation),
      remove: (object) => this.#remove(object.metadata?.name ?? ""),
      sweep: (generation) => {
        for (const node of nodes.values()) if (node.generation < generation) this.#remove(node.name);
      },
      size: () => nodes.size,
    };
    this.#listWatch = new ListWatch(
      connection,
      { path: "/api/v1/nodes", location: { group: "", resource: "nodes" } },
      sink,
      options,
    );
  }

  start(): void {
    this.#listWatch.start();
  }

  close(): Promise<void> {
    return this.#listWatch.close();
  }

  get status(): CollectionStatus {
    return this.#listWatch.status;
  }

  /** Any node, whether the selector matches it or not. */
  node(name: string): KnownNode | undefined {
    return this.#nodes.get(name);
  }

  /** Nodes that the selector matches, sorted by name in byte order; the same array while nothing changes. */
  nodes(): readonly KnownNode[] {
    return this.#matching();
  }

  /** The same nodes, as a scrape needs them. */
  *targets(): Generator<NodeTarget, void, void> {
    for (const node of this.#matching()) yield node.target;
  }

  #matching(): readonly NodeEntry[] {
    return (this.#sorted ??= [...this.#nodes.values()]
      .filter((node) => this.#selector?.matches(node.labels) ?? true)
      .sort((a, b) => (a.name < b.name ? -1 : 1)));
  }

  #put(object: ApiObject, generation: number): void {
    const name = object.metadata?.name;
    if (name === undefined) return;
    const labels = this.#labels.take(object.metadata?.labels);
    const target = nodeTarget(name, object);
    const before = this.#nodes.get(name);
    if (before !== undefined) this.#labels.release(before.labels);
    if (before?.labels === labels) {
      before.generation = generation;
      if (isDeepStrictEqual(before.target, target)) return;
      before.target = target;
    } else {
      this.#nodes.set(name, { name, labels, version: ++this.#version, target, generation });
      this.#sorted = undefined;
    }
    this.#tellSoon();
  }

  #remove(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    this.#nodes.delete(name);
    this.#labels.release(node.labels);
    this.#sorted = undefined;
    this.#onGone(name);
    this.#tellSoon();
  }

  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      this.#onTargetsChanged();
    });
  }
}

interface NodeStatus {
  readonly addresses?: readonly { readonly type?: string; readonly address?: string }[] | null;
  readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
  readonly conditions?: readonly { readonly type?: string; readonly status?: string }[] | null;
}

function nodeTarget(name: string, object: ApiObject): NodeTarget {
  const status = (object as { status?: NodeStatus }).status ?? {};
  const path = object.metadata?.annotations?.[pathAnnotation];
  return {
    name,
    addresses: (status.addresses ?? []).map(({ type = "", address = "" }) => ({ type, address })),
    kubeletPort: status.daemonEndpoints?.kubeletEndpoint?.Port ?? 0,
    annotations: labelsFrom(path === undefined ? undefined : { [pathAnnotation]: path }),
    ready: (status.conditions ?? []).some((condition) => condition.type === "Ready" && condition.status === "True"),
  };
}
