/** The latest and the previous point of the counters of one node, one row of cells each. */
import { cpuRate } from "../cpu-rate.ts";

/** The columns of a page that points are made of; `NodePoints` has them. */
export interface ReadingColumns {
  readonly cpuNs: Float64Array;
  readonly memoryBytes: Float64Array;
  readonly timeMs: Float64Array;
  readonly timeNanos: Float64Array;
  readonly startMs: Float64Array;
  readonly startNanos: Float64Array;
}

/** When a counter gives a rate. */
export interface PointRules {
  readonly resolutionNs: number;
  readonly freshMinAgeNs: number;
  /** A longer window is no usage of now: the node's clock was set ahead. */
  readonly longestWindowNs: number;
  /** Points confirmed longer ago than this are no start of a window. */
  readonly maxAgeMs: number;
}

const lastMs = 0;
const lastNanos = 1;
const lastCpu = 2;
const previousMs = 3;
const previousNanos = 4;
const previousCpu = 5;
/** Store time of the last reading. */
const seenMs = 6;
const rate = 7;
const window = 8;
/** Number of the commit that brought the last reading. */
const seenCommit = 9;
const stride = 10;

/** Start and reading of a container's first moment come from different sources of the kubelet, in no reliable order. */
const leastAheadMs = 1_000;

/** Cells are NaN when there is no point. */
export class CounterPoints {
  #cells: Float64Array;

  constructor(rows: number) {
    this.#cells = new Float64Array(rows * stride).fill(Number.NaN);
  }

  /** Makes room for `rows`, with a little more, so that a node that gains containers one by one does not copy each time. */
  grow(rows: number): void {
    if (rows * stride <= this.#cells.length) return;
    const larger = new Float64Array((rows + (rows >> 2)) * stride).fill(Number.NaN);
    larger.set(this.#cells);
    this.#cells = larger;
  }

  clear(row: number): void {
    this.#cells.fill(Number.NaN, row * stride, (row + 1) * stride);
  }

  /** Takes over a row of other points: the same counter at another place. */
  copyRow(row: number, from: CounterPoints, fromRow: number): void {
    this.#cells.set(from.#cells.subarray(fromRow * stride, (fromRow + 1) * stride), row * stride);
  }

  /** Nanocores of the last `advance`; NaN when it gave none. */
  rate(row: number): number {
    return this.#cells[row * stride + rate] ?? Number.NaN;
  }

  windowNs(row: number): number {
    return this.#cells[row * stride + window] ?? Number.NaN;
  }

  /** Whether the last reading is young enough to be the start of a window. Without, a point is as good as none. */
  isUsable(row: number, nowMs: number, maxAgeMs: number): boolean {
    return nowMs - (this.#cells[row * stride + seenMs] ?? Number.NaN) <= maxAgeMs;
  }

  /** Whether commit number `commit` brought a reading, complete or not. */
  isSeenIn(row: number, commit: number): boolean {
    return this.#cells[row * stride + seenCommit] === commit;
  }

  /** Time of the latest point in whole milliseconds; NaN when there is none. */
  lastTimeMs(row: number): number {
    return this.#cells[row * stride + lastMs] ?? Number.NaN;
  }

  lastTimeNanos(row: number): number {
    return this.#cells[row * stride + lastNanos] ?? Number.NaN;
  }

  /** Orders readings by time; of two at the same time, the one with the longer window comes first. */
  isEarlier(row: number, than: number): boolean {
    const ms = this.lastTimeMs(row) - this.lastTimeMs(than);
    if (ms !== 0) return ms < 0;
    const nanos = this.lastTimeNanos(row) - this.lastTimeNanos(than);
    return nanos === 0 ? this.windowNs(row) > this.windowNs(than) : nanos < 0;
  }

  markSeen(row: number, commit: number): void {
    this.#cells[row * stride + seenCommit] = commit;
  }

  /**
   * Takes a complete reading and says whether it ends a window.
   *
   * The rules are those of metrics-server (`pkg/storage/pod.go`), but a start time that moves back is no reason to doubt
   * a counter that went on, nor is one that lies after its own reading (the node's clock was set back); a window of many
   * periods is none; a container without a previous point never gets a zero point as one; and the zeros that a kubelet
   * shows for a second when a container ends are no reading.
   */
  advance(row: number, page: ReadingColumns, pageRow: number, nowMs: number, rules: PointRules): boolean {
    const cells = this.#cells;
    const at = row * stride;
    const cpu = page.cpuNs[pageRow] ?? Number.NaN;
    const timeMs = page.timeMs[pageRow] ?? Number.NaN;
    const timeNanos = page.timeNanos[pageRow] ?? Number.NaN;
    const startMs = page.startMs[pageRow] ?? Number.NaN;
    const startNanos = page.startNanos[pageRow] ?? Number.NaN;

    const lastTimeMs = cells[at + lastMs] ?? Number.NaN;
    const lastTimeNanos = cells[at + lastNanos] ?? Number.NaN;
    // NaN compares false: no last point, or no start time, is not "restarted".
    const isRestarted =
      (startMs > lastTimeMs || (startMs === lastTimeMs && startNanos >= lastTimeNanos)) &&
      !(startMs > timeMs + leastAheadMs || (startMs === timeMs + leastAheadMs && startNanos > timeNanos));
    const isContinued = !isRestarted && lastTimeMs === lastTimeMs && this.isUsable(row, nowMs, rules.maxAgeMs);
    const lastCpuNs = cells[at + lastCpu] ?? Number.NaN;
    if (isContinued && cpu === 0 && page.memoryBytes[pageRow] === 0 && lastCpuNs > 0) return false;

    const ageNs = (timeMs - startMs) * 1e6 + (timeNanos - startNanos);
    if (ageNs >= rules.freshMinAgeNs && ageNs < rules.resolutionNs && ageNs > 0) {
      cells[at + previousMs] = startMs;
      cells[at + previousNanos] = startNanos;
      cells[at + previousCpu] = 0;
    } else if (!isContinued) {
      cells[at + previousMs] = Number.NaN;
    } else if (timeMs > lastTimeMs || (timeMs === lastTimeMs && timeNanos > lastTimeNanos)) {
      cells[at + previousMs] = lastTimeMs;
      cells[at + previousNanos] = lastTimeNanos;
      cells[at + previousCpu] = lastCpuNs;
    }
    cells[at + lastMs] = timeMs;
    cells[at + lastNanos] = timeNanos;
    cells[at + lastCpu] = cpu;
    cells[at + seenMs] = nowMs;

    const spanNs =
      (timeMs - (cells[at + previousMs] ?? Number.NaN)) * 1e6 + (timeNanos - (cells[at + previousNanos] ?? Number.NaN));
    // A reading as old as the previous point or older: the previous point is of no more use.
    const isWindow = spanNs > 0 && spanNs <= rules.longestWindowNs;
    if (!isWindow) cells[at + previousMs] = Number.NaN;
    const windowNs = isWindow ? spanNs : Number.NaN;
    const nanocores = cpuRate(cells[at + previousCpu] ?? Number.NaN, cpu, windowNs);
    cells[at + rate] = nanocores;
    cells[at + window] = windowNs;
    return nanocores === nanocores;
  }
}
