/** One pod as one node reports it: which rows of that node are its containers, and the value that is served. */
import type { ContainerUsage, PodUsage } from "../usage-view.ts";
import type { CounterPoints } from "./counter-points.ts";
import type { NodeRecord } from "./node-record.ts";

export type MutableContainerUsage = { -readonly [Field in keyof ContainerUsage]: ContainerUsage[Field] };
export type MutablePodUsage = { -readonly [Field in Exclude<keyof PodUsage, "containers">]: PodUsage[Field] } & {
  containers: MutableContainerUsage[];
};

/** When a value may be served, and what to do without the rest of a pod. */
export interface PodRules {
  readonly maxAgeMs: number;
  readonly resolutionMs: number;
}

/** A container that the node's pages no longer have a row for, with one row of points: it may come back. */
export interface LostContainer {
  readonly usage: MutableContainerUsage;
  readonly points: CounterPoints;
}

const none: readonly LostContainer[] = [];

export class PodRecord {
  readonly namespace: string;
  readonly name: string;
  readonly node: NodeRecord;
  /** Rows of `node`, in byte order of their containers' names. Replaced rather than grown: a grown array keeps spare room. */
  rows: readonly number[] = [];
  /** Its containers without a row, for as long as their points are usable. */
  lost: readonly LostContainer[] = none;
  /** The same pod as reported by another node, less preferred. */
  next: PodRecord | undefined;
  /** What is served; kept while newer readings are not complete. */
  value: MutablePodUsage | undefined;
  /** Store time of the last page that confirmed the value. */
  goodMs: number = Number.NaN;
  /** Whether the store's index knows it. */
  isIndexed: boolean = false;
  /** Start of the youngest container in the last page that had the pod; NaN when unknown. */
  newestStartMs: number = Number.NaN;
  #commit = -1;
  #waiting = 0;

  constructor(node: NodeRecord, namespace: string, name: string) {
    this.node = node;
    this.namespace = namespace;
    this.name = name;
  }

  isServable(nowMs: number, maxAgeMs: number): boolean {
    return this.value !== undefined && nowMs - this.goodMs <= maxAgeMs;
  }

  isSeenIn(commit: number): boolean {
    return this.#commit === commit;
  }

  /** One of its containers is on the page of commit number `commit`. */
  seen(commit: number, hasRate: boolean, startMs: number): void {
    if (this.#commit !== commit) {
      this.#commit = commit;
      this.#waiting = 0;
      this.newestStartMs = Number.NaN;
    }
    if (!hasRate) this.#waiting++;
    if (startMs > this.newestStartMs || this.newestStartMs !== this.newestStartMs) this.newestStartMs = startMs;
  }

  /**
   * Whether the page of commit number `commit` has the whole pod: a rate for every container on it, and no container
   * missing that is part of the served value. Half a pod would look idle, and an autoscaler would shrink it.
   *
   * A missing container counts as finished when another one started after its last reading (an init container), and is
   * waited for no longer than the value can be served.
   */
  isWholeIn(commit: number, nowMs: number, rules: PodRules): boolean {
    if (this.#waiting > 0) return false;
    if (this.value === undefined || nowMs - this.goodMs + rules.resolutionMs > rules.maxAgeMs) return true;
    const { node } = this;
    return (
      this.rows.every((row) => node.points.isSeenIn(row, commit) || !this.#misses(node.usage(row), node.points, row)) &&
      this.lost.every(({ usage, points }) => !this.#misses(usage, points, 0))
    );
  }

  /** Its row is gone. What is known of it is kept. */
  lose(container: LostContainer): void {
    this.lost = [...this.lost, container];
  }

  /** Gives back what is known of a container that has a row again. */
  found(name: string): LostContainer | undefined {
    const container = this.lost.find(({ usage }) => usage.name === name);
    if (container !== undefined) this.#keepLost((other) => other !== container);
    return container;
  }

  /** Forgets containers without a row whose points are too old to be of use. */
  giveUpLost(nowMs: number, maxAgeMs: number): void {
    this.#keepLost(({ points }) => points.isUsable(0, nowMs, maxAgeMs));
  }

  /** Forgets the readings of all its containers. */
  clearPoints(): void {
    for (const row of this.rows) this.node.points.clear(row);
    this.lost = none;
  }

  /** Makes the readings of this page the served value. Returns whether anything in it changed. */
  publish(commit: number, nowMs: number, memoryBytes: Float64Array): boolean {
    const points = this.node.points;
    const { rows } = this;
    this.goodMs = nowMs;
    let isChanged = this.#takeContainers(commit);
    const value = this.value;
    if (value === undefined) return isChanged;
    let earliest = -1;
    for (const row of rows) {
      if (!points.isSeenIn(row, commit)) continue;
      if (earliest < 0 || points.isEarlier(row, earliest)) earliest = row;
      const usage = this.node.usage(row);
      const cpu = points.rate(row);
      const memory = memoryBytes[row] ?? Number.NaN;
      if (usage.cpuNanocores === cpu && usage.memoryBytes === memory) continue;
      usage.cpuNanocores = cpu;
      usage.memoryBytes = memory;
      isChanged = true;
    }
    const timeMs = points.lastTimeMs(earliest);
    const timeNanos = points.lastTimeNanos(earliest);
    const windowNs = points.windowNs(earliest);
    if (value.timeMs !== timeMs || value.timeNanos !== timeNanos || value.windowNs !== windowNs) isChanged = true;
    value.timeMs = timeMs;
    value.timeNanos = timeNanos;
    value.windowNs = windowNs;
    return isChanged;
  }

  /** Whether a container that is not on the page is part of the served value, and did not make way for a younger one. */
  #misses(usage: MutableContainerUsage, points: CounterPoints, row: number): boolean {
    return !(this.newestStartMs > points.lastTimeMs(row)) && this.value?.containers.includes(usage) === true;
  }

  #keepLost(isKept: (container: LostContainer) => boolean): void {
    const kept = this.lost.filter(isKept);
    this.lost = kept.length === 0 ? none : kept;
  }

  /** Sets the served containers to those of this page. Returns whether they are others than before. */
  #takeContainers(commit: number): boolean {
    const { node } = this;
    let served = 0;
    let isSame = this.value !== undefined;
    for (const row of this.rows) {
      if (!node.points.isSeenIn(row, commit)) continue;
      if (this.value?.containers[served] !== node.usage(row)) isSame = false;
      served++;
    }
    if (isSame && this.value?.containers.length === served) return false;
    const containers = this.rows.filter((row) => node.points.isSeenIn(row, commit)).map((row) => node.usage(row));
    if (this.value === undefined) this.value = emptyValue(node.name, containers);
    else this.value.containers = containers;
    return true;
  }
}

/** NaN first: fields that always hold floats are stored in place, without a new object per number. */
function emptyValue(nodeName: string, containers: MutableContainerUsage[]): MutablePodUsage {
  const { NaN: none } = Number;
  return { nodeName, version: 0, timeMs: none, timeNanos: none, windowNs: none, committedMs: none, containers };
}
