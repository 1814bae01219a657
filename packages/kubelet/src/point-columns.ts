/** The columns that decoders fill. */
import type { ContainerIdentity, NodePoints } from "./node-points.ts";

/**
 * Columns of one page. Decoders run one after the other and their points are read at once, so all nodes can share one
 * set: the memory of the largest page, not of all pages.
 */
export class PointColumns implements NodePoints {
  nodeCpuNs: number = Number.NaN;
  nodeMemoryBytes: number = Number.NaN;
  nodeTimeMs: number = Number.NaN;
  nodeTimeNanos: number = Number.NaN;
  size = 0;
  containers: readonly ContainerIdentity[] = [];
  cpuNs: Float64Array = new Float64Array(0);
  memoryBytes: Float64Array = new Float64Array(0);
  timeMs: Float64Array = new Float64Array(0);
  timeNanos: Float64Array = new Float64Array(0);
  startMs: Float64Array = new Float64Array(0);
  startNanos: Float64Array = new Float64Array(0);

  /** Begins a page: nothing is reported. */
  clear(): void {
    this.nodeCpuNs = Number.NaN;
    this.nodeMemoryBytes = Number.NaN;
    this.nodeTimeMs = Number.NaN;
    this.nodeTimeNanos = Number.NaN;
    this.size = 0;
    this.containers = [];
  }

  /** Adds rows up to `size`, none of them reported. */
  grow(size: number): void {
    if (size <= this.size) return;
    if (size > this.cpuNs.length) this.#reserve(Math.max(64, size * 2));
    this.cpuNs.fill(Number.NaN, this.size, size);
    this.memoryBytes.fill(Number.NaN, this.size, size);
    this.timeMs.fill(Number.NaN, this.size, size);
    this.timeNanos.fill(0, this.size, size);
    this.startMs.fill(Number.NaN, this.size, size);
    this.startNanos.fill(Number.NaN, this.size, size);
    this.size = size;
  }

  setCpu(row: number, cpuNs: number, timeMs: number, timeNanos: number): void {
    this.cpuNs[row] = cpuNs;
    this.timeMs[row] = timeMs;
    this.timeNanos[row] = timeNanos;
  }

  /** @param startNs - nanoseconds since the epoch, a whole number */
  setStart(row: number, startNs: number): void {
    const nanos = startNs % 1e6;
    // The difference is a multiple of a million but may be no float64; rounding takes that back.
    this.startMs[row] = Math.round((startNs - nanos) / 1e6);
    this.startNanos[row] = nanos;
  }

  setNodeCpu(cpuNs: number, timeMs: number, timeNanos: number): void {
    this.nodeCpuNs = cpuNs;
    this.nodeTimeMs = timeMs;
    this.nodeTimeNanos = timeNanos;
  }

  isReported(row: number): boolean {
    return !(Number.isNaN(this.cpuNs[row]) && Number.isNaN(this.memoryBytes[row]) && Number.isNaN(this.startMs[row]));
  }

  isComplete(row: number): boolean {
    return !Number.isNaN(this.cpuNs[row]) && !Number.isNaN(this.memoryBytes[row]);
  }

  #reserve(rows: number): void {
    const larger = (column: Float64Array): Float64Array => {
      const copy = new Float64Array(rows);
      copy.set(column);
      return copy;
    };
    this.cpuNs = larger(this.cpuNs);
    this.memoryBytes = larger(this.memoryBytes);
    this.timeMs = larger(this.timeMs);
    this.timeNanos = larger(this.timeNanos);
    this.startMs = larger(this.startMs);
    this.startNanos = larger(this.startNanos);
  }
}
