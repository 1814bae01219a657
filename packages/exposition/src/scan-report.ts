/** What the byte scanner hands out, and what it says about a page. */

/**
 * Receives the samples of a scan, in page order. Called synchronously from `scan`; it must not throw.
 */
export interface SampleSink {
  /**
   * One sample of a wanted family.
   *
   * @param family - index into the names the scanner was made with
   * @param series - index of the label block. The same block has the same index in every family, so points are joined by index
   * @param value - as written; NaN and infinities are delivered too, judging them is the receiver's business
   * @param timestampMs - milliseconds since the Unix epoch; NaN when the line has none
   */
  sample(family: number, series: number, value: number, timestampMs: number): void;

  /**
   * A label block got this index now, before its first sample. An index may have belonged to another, forgotten block
   * before: whoever keeps things per index drops them here.
   */
  appeared?(series: number): void;
}

/** Why a line was rejected. Stable, safe to match on and to use as a metric label. */
export type RejectReason =
  /** no metric name where a line begins */
  | "name"
  /** the label block is not well formed, names a label twice, or is not UTF-8 */
  | "labels"
  /** no value, or not a number (`1e309`, `0x10` and `1_000` are not) */
  | "value"
  /** not a whole, non-negative number of milliseconds */
  | "timestamp"
  /** something stands after the timestamp */
  | "trailing-text"
  /** the label block is longer than `maxLabelBytes` */
  | "labels-too-long"
  /** the page has more label blocks than `maxSeries` */
  | "too-many-series";

/** Result of one scan. */
export interface ScanReport {
  /** Samples handed to the sink. */
  readonly samples: number;
  /** Lines rejected, `maxRejected` at most. Lines of families nobody asked for are skipped, mostly unread, so their faults are mostly unseen. */
  readonly rejected: number;
  /** Rejected lines by reason; reasons without a line are absent. */
  readonly rejectedBy: Readonly<Partial<Record<RejectReason, number>>>;
  /** 1-based number and reason of the first rejected line, for the log. */
  readonly firstRejected: { readonly line: number; readonly reason: RejectReason } | undefined;
  /** The last line has no newline: the page may have been cut inside its last number. The line was taken all the same. */
  readonly endsMidLine: boolean;
}

/** Bounds on what a page may make the scanner keep. */
export interface ScanLimits {
  /** Most label blocks remembered at a time; lines beyond are rejected. Default 20,000. */
  readonly maxSeries?: number;
  /** Longest label block in bytes. Default 4096. */
  readonly maxLabelBytes?: number;
  /** Bad lines after which the rest of a page is not read: megabytes of them would keep the process busy for seconds. Default 50,000. */
  readonly maxRejected?: number;
  /** A label block absent from this many scans in a row is forgotten and its index reused. Default 10; a failed scrape is no scan. */
  readonly forgetAfterScans?: number;
}
