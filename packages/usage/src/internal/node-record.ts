/** One node: its own points, those of its containers, and which row is which container. */
import type { ContainerIdentity, NodePoints } from "../node-points.ts";
import type { NodeUsage } from "../usage-view.ts";
import { CounterPoints, type ReadingColumns } from "./counter-points.ts";
import type { PodIndex } from "./pod-index.ts";
import { isBefore } from "./byte-order.ts";
import { PodRecord, type MutableContainerUsage } from "./pod-record.ts";

export type MutableNodeUsage = { -readonly [Field in keyof NodeUsage]: NodeUsage[Field] };

interface Placed {
  readonly row: number;
  readonly pod: PodRecord;
  readonly usage: MutableContainerUsage;
}

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
  /** Pods that had containers without a row at the last page. */
  readonly #incomplete = new Set<PodRecord>();
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
    if (!isForgotten(pod)) this.#asleep.add(pod);
  }

  /** It is on a page again. */
  wake(pod: PodRecord): void {
    this.#asleep.delete(pod);
    this.pods.add(pod);
  }

  /** Forgets containers without a row whose points are too old to be of use. */
  giveUpLost(nowMs: number, maxAgeMs: number): void {
    for (const pod of this.#incomplete) {
      pod.giveUpLost(nowMs, maxAgeMs);
      if (pod.lost.length === 0) this.#incomplete.delete(pod);
      if (isForgotten(pod)) this.#asleep.delete(pod);
    }
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
      this.#placeNew(row, page.containers[row] as ContainerIdentity, index);
    }
  }

  /** Rows moved: what is known about a container goes to its new row, or is kept with its pod. */
  #rearrange(page: NodePoints, index: PodIndex): void {
    const before = new Map<string, Placed>();
    for (const [row, identity] of this.#identities.entries())
      before.set(keyOf(identity), { row, pod: this.pod(row), usage: this.usage(row) });
    const { points } = this;
    for (const pod of this.#podOfRow) pod.rows = [];
    this.points = new CounterPoints(page.size);
    this.#identities = [];
    this.#podOfRow = [];
    this.#usageOfRow = [];
    for (let row = 0; row < page.size; row++) {
      const identity = page.containers[row] as ContainerIdentity;
      const key = keyOf(identity);
      const placed = before.get(key);
      if (placed === undefined) {
        this.#placeNew(row, identity, index);
        continue;
      }
      before.delete(key);
      this.points.copyRow(row, points, placed.row);
      this.#place(row, identity, placed.pod, placed.usage);
    }
    for (const placed of before.values()) this.#lose(placed, points);
  }

  /** A container that had no row: what is known of it from before is taken up again. */
  #placeNew(row: number, identity: ContainerIdentity, index: PodIndex): void {
    const pod = this.#podOf(identity, index);
    const found = pod.found(identity.container);
    if (found !== undefined) this.points.copyRow(row, found.points, 0);
    this.#place(row, identity, pod, found?.usage ?? newUsage(identity));
  }

  #lose({ row, pod, usage }: Placed, points: CounterPoints): void {
    const own = new CounterPoints(1);
    own.copyRow(0, points, row);
    pod.lose({ usage, points: own });
    this.#incomplete.add(pod);
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

/** Whether nothing is known of its containers. */
function isForgotten(pod: PodRecord): boolean {
  return pod.rows.length === 0 && pod.lost.length === 0;
}

function newUsage(identity: ContainerIdentity): MutableContainerUsage {
  return { name: identity.container, cpuNanocores: Number.NaN, memoryBytes: Number.NaN };
}

function keyOf(identity: ContainerIdentity): string {
  return `${identity.namespace}\0${identity.pod}\0${identity.container}`;
}
