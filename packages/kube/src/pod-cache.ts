import type { Labels } from "@kubemetrics/apimachinery";
import type { ClusterConnection } from "./cluster-connection.ts";
import type { CollectionStatus } from "./collection-status.ts";
import type { ApiObject } from "./api-object.ts";
import { InternedLabels } from "./internal/interned-labels.ts";
import type { KnownPod } from "./known-objects.ts";
import { ListWatch, type CollectionSink, type ListWatchOptions } from "./list-watch.ts";

export interface PodCacheOptions extends ListWatchOptions {
  /** A pod stopped running or was deleted. */
  readonly onGone?: (namespace: string, name: string) => void;
}

interface PodEntry extends KnownPod {
  generation: number;
}

interface Namespace {
  readonly pods: Map<string, PodEntry>;
  /** `undefined` after a change. */
  sorted: readonly KnownPod[] | undefined;
}

/**
 * The running pods of all namespaces: namespace, name and labels, nothing else. Asked for as metadata only, so that kube-apiserver
 * sends a third of the bytes; equal label sets are kept once.
 *
 * Lists are sorted when they are asked for and kept until something changes: the same array comes back while nothing did.
 */
export class PodCache {
  readonly #namespaces = new Map<string, Namespace>();
  readonly #labels = new InternedLabels();
  readonly #onGone: (namespace: string, name: string) => void;
  readonly #listWatch: ListWatch;
  #size = 0;
  #version = 0;
  #sorted: readonly KnownPod[] | undefined;

  constructor(connection: ClusterConnection, options: PodCacheOptions = {}) {
    this.#onGone = options.onGone ?? ((): void => {});
    const sink: CollectionSink = {
      put: (object, generation) => this.#put(object, generation),
      remove: (object) => this.#remove(object.metadata?.namespace ?? "", object.metadata?.name ?? ""),
      sweep: (generation) => this.#sweep(generation),
      size: () => this.#size,
    };
    this.#listWatch = new ListWatch(
      connection,
      {
        path: "/api/v1/pods",
        location: { group: "", resource: "pods" },
        query: { fieldSelector: "status.phase=Running" },
        listAccept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
        watchAccept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
      },
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

  pod(namespace: string, name: string): KnownPod | undefined {
    return this.#namespaces.get(namespace)?.pods.get(name);
  }

  /** Sorted by namespace, then name, in byte order; all namespaces without an argument. */
  pods(namespace?: string): readonly KnownPod[] {
    if (namespace === undefined) return (this.#sorted ??= this.#allSorted());
    const found = this.#namespaces.get(namespace);
    return found === undefined ? [] : sortedPods(found);
  }

  #allSorted(): readonly KnownPod[] {
    const names = [...this.#namespaces.keys()].sort(byText);
    return names.flatMap((name) => this.pods(name));
  }

  #put(object: ApiObject, generation: number): void {
    const { namespace, name } = object.metadata ?? {};
    if (namespace === undefined || name === undefined) return;
    const labels = this.#labels.take(object.metadata?.labels);
    const home = this.#home(namespace);
    const before = home.pods.get(name);
    if (before?.labels === labels) {
      before.generation = generation;
      this.#labels.release(labels);
      return;
    }
    if (before === undefined) this.#size++;
    else this.#labels.release(before.labels);
    // The name of the namespace is one string for all its pods.
    const shared = before?.namespace ?? firstNamespace(home) ?? namespace;
    home.pods.set(name, podEntry(shared, name, labels, ++this.#version, generation));
    this.#changed(home);
  }

  #home(namespace: string): Namespace {
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known;
    const created: Namespace = { pods: new Map(), sorted: undefined };
    this.#namespaces.set(namespace, created);
    return created;
  }

  #remove(namespace: string, name: string): void {
    const home = this.#namespaces.get(namespace);
    const pod = home?.pods.get(name);
    if (home === undefined || pod === undefined) return;
    home.pods.delete(name);
    if (home.pods.size === 0) this.#namespaces.delete(namespace);
    this.#labels.release(pod.labels);
    this.#size--;
    this.#changed(home);
    this.#onGone(namespace, name);
  }

  #sweep(generation: number): void {
    for (const home of this.#namespaces.values()) {
      for (const pod of home.pods.values()) if (pod.generation < generation) this.#remove(pod.namespace, pod.name);
    }
  }

  #changed(home: Namespace): void {
    home.sorted = undefined;
    this.#sorted = undefined;
  }
}

function podEntry(namespace: string, name: string, labels: Labels, version: number, generation: number): PodEntry {
  return { namespace, name, labels, version, generation };
}

function firstNamespace(home: Namespace): string | undefined {
  for (const pod of home.pods.values()) return pod.namespace;
  return undefined;
}

function sortedPods(home: Namespace): readonly KnownPod[] {
  return (home.sorted ??= [...home.pods.values()].sort((a, b) => byText(a.name, b.name)));
}

/** Names of pods and namespaces are ASCII, where text order is byte order. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
