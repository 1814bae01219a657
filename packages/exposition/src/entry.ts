/** What a page consists of, line by line. */
import type { MetricType } from "./metric-type.ts";

/** One sample line. */
export interface Sample {
  readonly kind: "sample";
  /** The full name, with suffix: `http_requests_total`. */
  readonly name: string;
  /** In page order, without the name. Samples with equal label blocks may share one map. */
  readonly labels: ReadonlyMap<string, string>;
  /** The nearest double; NaN and infinities included. */
  readonly value: number;
  /** Milliseconds since the Unix epoch. Beyond 2^53 the nearest double. */
  readonly timestampMs: number | undefined;
  /** When the series began to count, in milliseconds since the Unix epoch: OpenMetrics' `_created` line, which is no sample itself. */
  readonly startTimestampMs: number | undefined;
  readonly exemplar: Exemplar | undefined;
}

/** An example of what a sample counts, such as a trace (OpenMetrics). */
export interface Exemplar {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  readonly timestampMs: number | undefined;
}

/** A `# TYPE` line. */
export interface TypeEntry {
  readonly kind: "type";
  readonly name: string;
  readonly type: MetricType;
}

/** A `# HELP` or `# UNIT` line; escapes resolved. */
export interface TextEntry {
  readonly kind: "help" | "unit";
  readonly name: string;
  readonly text: string;
}

/** Any other comment line, with its `#` (text format). */
export interface Comment {
  readonly kind: "comment";
  readonly text: string;
}

/** One line of a page that says something. */
export type Entry = Sample | TypeEntry | TextEntry | Comment;
