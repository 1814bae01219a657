// Scanning chosen series
export { SeriesScanner } from "./series-scanner.ts";
export type { RejectReason, SampleSink, ScanLimits, ScanReport } from "./scan-report.ts";
