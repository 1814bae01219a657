/** Keeps the latest and the previous point of every node and container, and answers with the rate between them. */
import type { PointRules } from "./internal/counter-points.ts";
import { NodeRecord, OwnReading } from "./internal/node-record.ts";
import { PodIndex } from "./internal/pod-index.ts";
import type { PodRecord, PodRules } from "./internal/pod-record.ts";
import type { NodePoints } from "./node-points.ts";
import type { NodeUsage, PodUsage } from "./usage-view.ts";

export interface UsageStoreOptions {
  /** The period of scrapes in milliseconds. A container younger than this is served after its first reading. */
  readonly resolutionMs: number;
  /**
   * How long a value is served after the last page that confirmed it, in milliseconds of `elapsed`: no clock of a
   * node decides. Longer hides outages of kubelets, shorter makes holes after a single missed scrape. Default 3 × `resolutionMs`.
   */
  readonly maxAgeMs?: number;
  /**
   * A container younger than this is not served after its first reading, because the window is too short to mean much;
   * in milliseconds. Default 10,000, as upstream: at resolutions up to 10 s the first reading is never enough.
   */
  readonly freshContainerMinAgeMs?: number;
  /** Milliseconds since the Unix epoch: when a value came. */
  readonly clock: () => number;
  /**
   * Milliseconds of a clock that nobody sets, from any origin: how old a value is. Without it ages follow `clock`, and a machine whose
   * time is set ahead loses every value at once, set back keeps those of dead nodes for as long. Default `clock`.
   */
  readonly elapsed?: () => number;
  /**
   * Whether the cluster lists this pod as running. Asked when a good page lacks the pod: a pod that runs keeps its last
   * value for `maxAgeMs`, another one goes at once. Default: every pod runs.
   */
  readonly isRunning?: (namespace: string, pod: string) => boolean;
}

/** Longest window, in `maxAgeMs`, and at least: only a clock that was set ahead makes a longer one. Few kubelets renew readings so rarely. */
const longestWindow = { ages: 10, leastMs: 30 * 60_000 };

/** How many values can be served now. */
export interface StoredPoints {
  readonly nodes: number;
  readonly containers: number;
}

/**
 * Usage of nodes and pods, from the points of their kubelets.
 *
 * A value stays when a scrape fails, when a page is incomplete and while a container restarts, with the time of its own
 * reading, and goes after `maxAgeMs`. A pod is served whole or not at all. Of two nodes that report one pod, the one
 * with the younger container counts.
 */
export class UsageStore {
  readonly #clock: () => number;
  readonly #elapsed: () => number;
  readonly #isRunning: (namespace: string, pod: string) => boolean;
  readonly #rules: PointRules & PodRules;
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #pods = new PodIndex();
  readonly #ownReading = new OwnReading();
  #commit = 0;
  /** What the clock said at the last commit. */
  #committedMs = Number.NaN;
  #version = 0;

  constructor(options: UsageStoreOptions) {
    const { resolutionMs, maxAgeMs = 3 * resolutionMs, freshContainerMinAgeMs = 10_000 } = options;
    this.#clock = options.clock;
    this.#elapsed = options.elapsed ?? options.clock;
    this.#isRunning = options.isRunning ?? (() => true);
    this.#rules = {
      resolutionMs,
      resolutionNs: resolutionMs * 1e6,
      freshMinAgeNs: freshContainerMinAgeMs * 1e6,
      longestWindowNs: Math.max(longestWindow.ages * maxAgeMs, longestWindow.leastMs) * 1e6,
      maxAgeMs,
    };
  }

  /** Takes one page of a node. Values are visible when it returns. Every container occurs once in the page. */
  commit(nodeName: string, page: NodePoints): void {
    const nowMs = this.#elapsed();
    this.#committedMs = this.#clock();
    const commit = ++this.#commit;
    let node = this.#nodes.get(nodeName);
    if (node === undefined) this.#nodes.set(nodeName, (node = new NodeRecord(nodeName)));
    this.#commitNode(node, page, nowMs);
    node.align(page, this.#pods);
    node.giveUpLost(nowMs, this.#rules.maxAgeMs);
    this.#readContainers(node, page, commit, nowMs);
    for (const pod of node.pods) this.#settle(pod, page, commit, nowMs);
  }

  /** The node's usage; `undefined` while there is none or when it is too old. */
  node(name: string): NodeUsage | undefined {
    const record = this.#nodes.get(name);
    return record?.isServable(this.#elapsed(), this.#rules.maxAgeMs) === true ? record.value : undefined;
  }

  /** The pod's usage; `undefined` while there is none or when it is too old. */
  pod(namespace: string, name: string): PodUsage | undefined {
    const record = this.#pods.preferred(namespace, name);
    return record?.isServable(this.#elapsed(), this.#rules.maxAgeMs) === true ? record.value : undefined;
  }

  /** Forgets a node and the pods it reported. */
  nodeGone(name: string): void {
    for (const pod of this.#nodes.get(name)?.pods ?? []) this.#pods.remove(pod);
    this.#nodes.delete(name);
  }

  /** Forgets a pod: its deletion was seen. A pod of the same name starts from nothing. */
  podGone(namespace: string, name: string): void {
    for (const pod of this.#pods.all(namespace, name)) {
      pod.clearPoints();
      this.#drop(pod);
    }
  }

  /** Whether any node can be served now. Walks the nodes up to the first of these. */
  hasNodes(): boolean {
    const nowMs = this.#elapsed();
    for (const node of this.#nodes.values()) if (node.isServable(nowMs, this.#rules.maxAgeMs)) return true;
    return false;
  }

  /** Counts what can be served now, for `metrics_server_storage_points`. Walks everything. */
  storedPoints(): StoredPoints {
    const nowMs = this.#elapsed();
    const { maxAgeMs } = this.#rules;
    let nodes = 0;
    let containers = 0;
    for (const node of this.#nodes.values()) {
      if (node.isServable(nowMs, maxAgeMs)) nodes++;
      for (const pod of node.pods) {
        const isCounted = pod.isServable(nowMs, maxAgeMs) && this.#pods.preferred(pod.namespace, pod.name) === pod;
        if (isCounted) containers += pod.value?.containers.length ?? 0;
      }
    }
    return { nodes, containers };
  }

  #commitNode(node: NodeRecord, page: NodePoints, nowMs: number): void {
    if (Number.isNaN(page.nodeCpuNs) || Number.isNaN(page.nodeMemoryBytes)) return;
    const { own } = node;
    if (!own.advance(0, this.#ownReading.read(page), 0, nowMs, this.#rules)) return;
    const { NaN: none } = Number;
    node.value ??= {
      version: 0,
      timeMs: none,
      timeNanos: none,
      windowNs: none,
      committedMs: none,
      cpuNanocores: none,
      memoryBytes: none,
    };
    node.goodMs = nowMs;
    const value = node.value;
    const isSame =
      value.timeMs === page.nodeTimeMs &&
      value.timeNanos === page.nodeTimeNanos &&
      value.windowNs === own.windowNs(0) &&
      value.cpuNanocores === own.rate(0) &&
      value.memoryBytes === page.nodeMemoryBytes;
    if (isSame) return;
    value.version = ++this.#version;
    value.committedMs = this.#committedMs;
    value.timeMs = page.nodeTimeMs;
    value.timeNanos = page.nodeTimeNanos;
    value.windowNs = own.windowNs(0);
    value.cpuNanocores = own.rate(0);
    value.memoryBytes = page.nodeMemoryBytes;
  }

  #readContainers(node: NodeRecord, page: NodePoints, commit: number, nowMs: number): void {
    const { points } = node;
    for (let row = 0; row < page.size; row++) {
      const cpu = page.cpuNs[row] ?? Number.NaN;
      const memory = page.memoryBytes[row] ?? Number.NaN;
      const startMs = page.startMs[row] ?? Number.NaN;
      const isComplete = cpu === cpu && memory === memory;
      if (!isComplete && cpu !== cpu && memory !== memory && startMs !== startMs) continue;
      const pod = node.pod(row);
      if (!pod.isIndexed) this.#index(pod);
      const hasRate = isComplete && points.advance(row, page, row, nowMs, this.#rules);
      points.markSeen(row, commit);
      pod.seen(commit, hasRate, startMs);
    }
  }

  #settle(pod: PodRecord, page: NodePoints, commit: number, nowMs: number): void {
    if (!pod.isSeenIn(commit)) {
      const isKept = pod.isServable(nowMs, this.#rules.maxAgeMs) && this.#isRunning(pod.namespace, pod.name);
      if (!isKept) this.#drop(pod);
      return;
    }
    this.#pods.prefer(pod);
    if (!pod.isWholeIn(commit, nowMs, this.#rules)) return;
    if (!pod.publish(commit, nowMs, page.memoryBytes) || pod.value === undefined) return;
    pod.value.version = ++this.#version;
    pod.value.committedMs = this.#committedMs;
  }

  #index(pod: PodRecord): void {
    this.#pods.add(pod);
    pod.node.wake(pod);
  }

  #drop(pod: PodRecord): void {
    this.#pods.remove(pod);
    pod.node.putToSleep(pod);
    pod.value = undefined;
    pod.goodMs = Number.NaN;
  }
}
