/** The strict reader: a page as its lines. */
import type { Entry, Sample } from "./entry.ts";
import type { Format } from "./format.ts";
import { CanonicalBounds } from "./internal/canonical-bounds.ts";
import { OpenMetricsLines } from "./internal/openmetrics-lines.ts";
import type { PageLines } from "./internal/page-lines.ts";
import { StartTimes } from "./internal/start-times.ts";
import { TextLines } from "./internal/text-lines.ts";
import { boundLabel, isSampleOf, type MetricType } from "./metric-type.ts";

/** How to read a page. */
export interface ReadOptions {
  /** Default `text`. `formatOf` tells it from the response's content type. */
  readonly format?: Format;
  /**
   * `canonical` (the default) writes the numbers in `le` of histograms and `quantile` of summaries as OpenMetrics does
   * (`1` becomes `1.0`), so that series from both formats have the same labels, as in Prometheus. `verbatim` leaves them.
   */
  readonly bounds?: "canonical" | "verbatim";
}

/**
 * Reads a page line by line, in page order, accepting what Prometheus accepts.
 *
 * In OpenMetrics the `_created` lines of counters, histograms and summaries are not samples: they become the
 * `startTimestampMs` of the family's samples with the same labels, wherever they stand in the family. Label names given
 * twice are refused here; Prometheus does that a step later.
 *
 * @throws PageInvalid at the first fault, after the entries before it
 */
export function* readEntries(page: Uint8Array | string, options: ReadOptions = {}): Generator<Entry, void, undefined> {
  const bytes = typeof page === "string" ? Buffer.from(page) : page;
  const openMetrics = options.format === "openmetrics";
  const lines: PageLines = openMetrics ? new OpenMetricsLines(bytes) : new TextLines(bytes);
  const bounds = options.bounds === "verbatim" ? undefined : new CanonicalBounds();
  let family = "";
  let type: MetricType = "unknown";
  let starts: StartTimes | undefined;
  let previous: string | undefined;
  let own = false;
  try {
    for (;;) {
      const kind = lines.next();
      if (kind === "end") break;
      if (kind === "sample") {
        if (lines.name !== previous) {
          previous = lines.name;
          own = isSampleOf(previous, family, type);
        }
        const bound = own && bounds !== undefined ? boundLabel(type) : undefined;
        const labels = bound === undefined || bounds === undefined ? lines.labels : bounds.apply(lines.labels, bound);
        if (own && starts !== undefined) {
          if (lines.name === `${family}_created`) starts.add(labels, lines.value);
          else starts.hold(sampleOf(lines, labels));
          continue;
        }
        if (starts !== undefined) yield* starts.release();
        yield sampleOf(lines, labels);
        continue;
      }
      if (starts !== undefined) yield* starts.release();
      if (kind === "comment") {
        yield { kind, text: lines.text };
        continue;
      }
      if (kind === "type") {
        family = lines.name;
        type = lines.type;
        previous = undefined;
        starts = openMetrics && StartTimes.has(type) ? new StartTimes(boundLabel(type)) : undefined;
        yield { kind, name: family, type };
        continue;
      }
      yield { kind, name: lines.name, text: lines.text };
    }
  } catch (error) {
    if (starts !== undefined) yield* starts.release();
    throw error;
  }
  if (starts !== undefined) yield* starts.release();
}

function sampleOf(lines: PageLines, labels: ReadonlyMap<string, string>): Sample {
  return {
    kind: "sample",
    name: lines.name,
    labels,
    value: lines.value,
    timestampMs: Number.isNaN(lines.timestampMs) ? undefined : lines.timestampMs,
    startTimestampMs: undefined,
    exemplar: lines.exemplar,
  };
}
