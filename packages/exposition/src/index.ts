// Scanning chosen series
export { SeriesScanner } from "./series-scanner.ts";
export type { RejectReason, SampleSink, ScanLimits, ScanReport } from "./scan-report.ts";

// Reading whole pages
export { readEntries } from "./read-entries.ts";
export type { ReadOptions } from "./read-entries.ts";
export { readFamilies } from "./read-families.ts";
export type { MetricFamily } from "./read-families.ts";
export type { Comment, Entry, Exemplar, Sample, TextEntry, TypeEntry } from "./entry.ts";
export { isSampleOf } from "./metric-type.ts";
export type { MetricType } from "./metric-type.ts";

// Formats and HTTP
export { contentTypes, formatOf, negotiateFormat } from "./format.ts";
export type { Format } from "./format.ts";

// Errors
export { ExpositionError, MetricInvalid, PageInvalid } from "./exposition-error.ts";
export type { MetricFault, PageFault } from "./exposition-error.ts";
