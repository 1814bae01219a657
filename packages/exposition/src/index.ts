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

// Writing pages
export { PageWriter } from "./page-writer.ts";
export type { FamilyHead } from "./page-writer.ts";
export { writeFamily } from "./write-family.ts";
export { LabelBlock, labelBlock } from "./label-block.ts";
export { HistogramBounds } from "./histogram-bounds.ts";

// For users of parse-prometheus-text-format
export { parse } from "./parse.ts";
export type { ParsedFamily, ParsedMetric } from "./parse.ts";

// Formats and HTTP
export { contentTypes, formatOf, negotiateFormat } from "./format.ts";
export type { Format } from "./format.ts";

// Errors
export { ExpositionError, MetricInvalid, PageInvalid } from "./exposition-error.ts";
export type { MetricFault, PageFault } from "./exposition-error.ts";
