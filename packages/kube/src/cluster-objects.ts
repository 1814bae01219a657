import type { Labels } from "@kubemetrics/apimachinery";
import type { ClusterConnection } from "./cluster-connection.ts";
import type { CollectionStatus } from "./collection-status.ts";
import type { KnownNode, KnownPod, NodeTarget } from "./known-objects.ts";
import type { ListWatchOptions } from "./list-watch.ts";
import { NodeCache } from "./node-cache.ts";
import { PodCache } from "./pod-cache.ts";

export interface ClusterObjectsOptions extends ListWatchOptions {
  /** Which nodes are scraped and listed. Default: all. */
  readonly nodeSelector?: { matches(labels: Labels): boolean };
  readonly onPodGone?: (namespace: string, name: string) => void;
  readonly onNodeGone?: (name: string) => void;
  /** `targets()` gives something else than before; see `NodeCacheOptions`. */
  readonly onTargetsChanged?: () => void;
}

/** Nodes and running pods of a cluster, followed from `start` to `close`. Answers come from memory, empty before the first list. */
export class ClusterObjects {
  readonly #nodes: NodeCache;
  readonly #pods: PodCache;

  constructor(connection: ClusterConnection, options: ClusterObjectsOptions = {}) {
    const { nodeSelector, onPodGone, onNodeGone, onTargetsChanged, ...common } = options;
    this.#nodes = new NodeCache(connection, {
      ...common,
      ...(nodeSelector && { selector: nodeSelector }),
      ...(onNodeGone && { onGone: onNodeGone }),
      ...(onTargetsChanged && { onTargetsChanged }),
    });
    this.#pods = new PodCache(connection, { ...common, ...(onPodGone && { onGone: onPodGone }) });
  }

  start(): void {
    this.#nodes.start();
    this.#pods.start();
  }

  async close(): Promise<void> {
    await Promise.all([this.#nodes.close(), this.#pods.close()]);
  }

  get status(): { readonly nodes: CollectionStatus; readonly pods: CollectionStatus } {
    return { nodes: this.#nodes.status, pods: this.#pods.status };
  }

  nodes(): readonly KnownNode[] {
    return this.#nodes.nodes();
  }

  node(name: string): KnownNode | undefined {
    return this.#nodes.node(name);
  }

  pods(namespace: string | undefined): readonly KnownPod[] {
    return this.#pods.pods(namespace);
  }

  pod(namespace: string, name: string): KnownPod | undefined {
    return this.#pods.pod(namespace, name);
  }

  targets(): Iterable<NodeTarget> {
    return this.#nodes.targets();
  }
}
