/** Reads the samples of chosen families from a page of bytes, without building strings or objects per sample. */
import type { SampleSink, ScanLimits, ScanReport } from "./scan-report.ts";

/**
 * Finds the samples of a fixed set of metric families in pages of the Prometheus text format, scan after scan.
 *
 * A series is known by the bytes of its label block; the block that followed last time is tried first, so a page whose
 * order is stable costs one comparison a line. Nothing a page contains makes `scan` throw: a bad line is rejected alone.
 */
export class SeriesScanner {
  /** @param families - full sample names, such as `container_cpu_usage_seconds_total` */
  constructor(families: readonly string[], limits: ScanLimits = {}) {
    void families;
    void limits;
  }

  /** Hands every sample of the wanted families to `sink`, in page order. Never throws on any bytes. */
  scan(page: Uint8Array, sink: SampleSink): ScanReport {
    void page;
    void sink;
    return { samples: 0, rejected: 0, rejectedBy: {}, firstRejected: undefined, endsMidLine: false };
  }

  /** The labels of a series in page order; empty for a sample without labels; `undefined` for an index not in use. */
  labels(series: number): ReadonlyMap<string, string> | undefined {
    void series;
    return undefined;
  }

  /** Label blocks remembered now. Indices in use may be higher: forgotten ones leave gaps until they are reused. */
  get seriesCount(): number {
    return 0;
  }
}
