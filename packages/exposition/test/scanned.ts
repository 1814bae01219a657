/** Scanning for tests: samples as readable tuples. */
import { type ScanLimits, type ScanReport, SeriesScanner } from "../src/index.ts";

/** Family name, labels, value, timestamp. */
export type Tuple = [string, Record<string, string>, number, number | undefined];

export interface Scanned {
  readonly samples: Tuple[];
  readonly series: number[];
  readonly appeared: number[];
  readonly report: ScanReport;
}

export function scanWith(scanner: SeriesScanner, families: readonly string[], page: string | Uint8Array): Scanned {
  const samples: Tuple[] = [];
  const series: number[] = [];
  const appeared: number[] = [];
  const report = scanner.scan(typeof page === "string" ? Buffer.from(page) : page, {
    appeared: (index) => appeared.push(index),
    sample(family, index, value, timestampMs) {
      samples.push([
        families[family]!,
        Object.fromEntries(scanner.labels(index)!),
        value,
        Number.isNaN(timestampMs) ? undefined : timestampMs,
      ]);
      series.push(index);
    },
  });
  return { samples, series, appeared, report };
}

export function scanOnce(families: readonly string[], page: string | Uint8Array, limits?: ScanLimits): Scanned {
  return scanWith(new SeriesScanner(families, limits), families, page);
}
