/** One node: its own points, those of its containers, and which row is which container. */
import type { ContainerIdentity, NodePoints } from "../node-points.ts";
import type { NodeUsage } from "../usage-view.ts";
import { CounterPoints, type ReadingColumns } from "./counter-points.ts";
import type { PodIndex } from "./pod-index.ts";
import { isBefore } from "./byte-order.ts";
import { PodRecord, type MutableContainerUsage } from "./pod-record.ts";

export type MutableNodeUsage = { -readonly [Field in keyof NodeUsage]: NodeUsage[Field] };

export class NodeRecord {
  readonly name: string;
  /** One row, for the node itself. */
  readonly own: CounterPoints = new CounterPoints(1);
  points: CounterPoints = new CounterPoints(0);
  value: MutableNodeUsage | undefined;
  goodMs: number = Number.NaN;
  /** Pods on the last page or with a value. */
  readonly pods: Set<PodRecord> = new Set();
  /** Pods of rows that are on no page now: they may come back, and then must not be taken for others. */
  readonly #asleep = new Set<PodRecord>();
  /** Row → identity, as in the last page. */
  #identities: ContainerIdentity[] = [];
  #podOfRow: PodRecord[] = [];
  #usageOfRow: MutableContainerUsage[] = [];

  constructor(name: string) {
    this.name = name;
  }

  pod(row: number): PodRecord {
    return this.#podOfRow[row] as PodRecord;
  }

  usage(row: number): MutableContainerUsage {
    return this.#usageOfRow[row] as MutableContainerUsage;
  }

  isServable(nowMs: number, maxAgeMs: number): boolean {
    return this.value !== undefined && nowMs - this.goodMs <= maxAgeMs;
  }

  /** A pod that the store no longer knows. */
  putToSleep(pod: PodRecord): void {
    this.pods.delete(pod);
    if (pod.rows.length > 0) this.#asleep.add(pod);
  }

  /** It is on a page again. */
  wake(pod: PodRecord): void {
    this.#asleep.delete(pod);
    this.pods.add(pod);
  }

  /** Makes the rows of this record those of the page. Compares references only while the page's rows stay the same. */
  align(page: NodePoints, index: PodIndex): void {
    const known = this.#identities;
    const size = Math.min(page.size, known.length);
    for (let row = 0; row < size; row++) {
      if (known[row] !== page.containers[row]) {
        this.#rearrange(page, index);
        return;
      }
    }
    if (page.size <= known.length) return;
    this.points.grow(page.size);
    for (let row = known.length; row < page.size; row++) {
      const identity = page.containers[row] as ContainerIdentity;
      this.#place(row, identity, this.#podOf(identity, index), newUsage(identity));
    }
  }

  /** Rows moved: what is known about a container goes to its new row; containers without a row lose their points. */
  #rearrange(page: NodePoints, index: PodIndex): void {
    const oldRows = new Map<string, number>();
    for (const [row, identity] of this.#identities.entries()) oldRows.set(keyOf(identity), row);
    const [points, pods, usages] = [this.points, this.#podOfRow, this.#usageOfRow];
    for (const pod of pods) pod.rows = [];
    this.points = new CounterPoints(page.size);
    this.#identities = [];
    this.#podOfRow = [];
    this.#usageOfRow = [];
    for (let row = 0; row < page.size; row++) {
      const identity = page.containers[row] as ContainerIdentity;
      const oldRow = oldRows.get(keyOf(identity));
      if (oldRow !== undefined) this.points.copyRow(row, points, oldRow);
      const pod = (oldRow === undefined ? undefined : pods[oldRow]) ?? this.#podOf(identity, index);
      const usage = (oldRow === undefined ? undefined : usages[oldRow]) ?? newUsage(identity);
      this.#place(row, identity, pod, usage);
    }
    for (const pod of this.#asleep) if (pod.rows.length === 0) this.#asleep.delete(pod);
  }

  #place(row: number, identity: ContainerIdentity, pod: PodRecord, usage: MutableContainerUsage): void {
    this.#identities[row] = identity;
    this.#podOfRow[row] = pod;
    this.#usageOfRow[row] = usage;
    const after = pod.rows.findIndex((other) => isBefore(usage.name, this.usage(other).name));
    pod.rows = pod.rows.toSpliced(after < 0 ? pod.rows.length : after, 0, row);
  }

  #podOf({ namespace, pod }: ContainerIdentity, index: PodIndex): PodRecord {
    const known = index.ofNode(namespace, pod, this);
    if (known !== undefined) return known;
    for (const asleep of this.#asleep) if (asleep.name === pod && asleep.namespace === namespace) return asleep;
    const made = new PodRecord(this, namespace, pod);
    index.add(made);
    this.pods.add(made);
    return made;
  }
}

/** The node's own reading as columns of one row. */
export class OwnReading implements ReadingColumns {
  readonly cpuNs: Float64Array = new Float64Array(1);
  readonly memoryBytes: Float64Array = new Float64Array(1);
  readonly timeMs: Float64Array = new Float64Array(1);
  readonly timeNanos: Float64Array = new Float64Array(1);
  /** A node has no start: its counter going down is all that says so. */
  readonly startMs: Float64Array = new Float64Array(1).fill(Number.NaN);
  readonly startNanos: Float64Array = new Float64Array(1).fill(Number.NaN);

  read(page: NodePoints): this {
    this.cpuNs[0] = page.nodeCpuNs;
    this.memoryBytes[0] = page.nodeMemoryBytes;
    this.timeMs[0] = page.nodeTimeMs;
    this.timeNanos[0] = page.nodeTimeNanos;
    return this;
  }
}

function newUsage(identity: ContainerIdentity): MutableContainerUsage {
  return { name: identity.container, cpuNanocores: Number.NaN, memoryBytes: Number.NaN };
}

function keyOf(identity: ContainerIdentity): string {
  return `${identity.namespace}\0${identity.pod}\0${identity.container}`;
}
