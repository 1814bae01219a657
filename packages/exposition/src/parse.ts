/** A page as the objects that the npm package parse-prometheus-text-format makes of it, without that package's losses. */
import type { Format } from "./format.ts";
import { CR } from "./internal/bytes.ts";
import { FamilyIndex } from "./internal/family-index.ts";
import { OpenMetricsLines } from "./internal/openmetrics-lines.ts";
import type { PageLines } from "./internal/page-lines.ts";
import { TextLines } from "./internal/text-lines.ts";
import { boundLabel, type MetricType } from "./metric-type.ts";

/** One family. */
export interface ParsedFamily {
  readonly name: string;
  /** Empty when the page has none. */
  readonly help: string;
  /** In capitals: `COUNTER`, `GAUGE`, `HISTOGRAM`, `SUMMARY`, `UNTYPED`; from OpenMetrics also its other types. */
  readonly type: string;
  /** OpenMetrics only. */
  readonly unit?: string;
  readonly metrics: readonly ParsedMetric[];
}

/** One metric: a sample, or all lines of a histogram or summary that share their labels. Numbers are texts, as written. */
export interface ParsedMetric {
  /** Absent when there are none; without `le` and `quantile` where those became keys. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly value?: string;
  /** Milliseconds since the Unix epoch. */
  readonly timestamp_ms?: string;
  /** Histograms: `le` to count. */
  readonly buckets?: Readonly<Record<string, string>>;
  /** Summaries: `quantile` to value. */
  readonly quantiles?: Readonly<Record<string, string>>;
  readonly count?: string;
  readonly sum?: string;
  /** When the metric began to count, in seconds since the Unix epoch (`_created` of OpenMetrics). */
  readonly created?: string;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Texts = Record<string, string>;
type GrowingMetric = Mutable<ParsedMetric>;

interface Growing {
  readonly name: string;
  type: MetricType;
  help: string;
  unit: string | undefined;
  /** Whether there was a TYPE line. */
  typed: boolean;
  readonly metrics: GrowingMetric[];
  /** The histogram or summary being put together, by labels. */
  readonly groups: Map<string, GrowingMetric>;
  /** Start times by labels. */
  readonly created: Map<string, string>;
}

/**
 * Reads a page into the output shape of parse-prometheus-text-format, whose users can switch by changing the import.
 *
 * Where that package loses data, this one does not: labelled histograms and summaries, quoted UTF-8 names, repeated
 * series, the last line without a newline, a label named `__proto__`, blanks between labels, OpenMetrics (recognised by its
 * last line, `# EOF`). Exemplars are left out. A malformed page is an error instead of half a result.
 *
 * Takes a little more than Prometheus does, because that package does: CRLF line ends, negative timestamps, type words in
 * any case.
 *
 * @throws PageInvalid at the first fault
 */
export function parse(page: Uint8Array | string, options: { readonly format?: Format } = {}): ParsedFamily[] {
  const bytes = withoutCarriageReturns(typeof page === "string" ? Buffer.from(page) : page);
  const openMetrics = options.format === undefined ? endsWithEof(bytes) : options.format === "openmetrics";
  const lines: PageLines = openMetrics ? new OpenMetricsLines(bytes) : new TextLines(bytes, true);
  const families = new FamilyIndex<Growing>((name) => ({
    name,
    type: "unknown",
    help: "",
    unit: undefined,
    typed: false,
    metrics: [],
    groups: new Map(),
    created: new Map(),
  }));
  for (;;) {
    const kind = lines.next();
    if (kind === "end") break;
    if (kind === "sample") {
      add(families.ofSample(lines.name), lines, openMetrics);
    } else if (kind !== "comment") {
      const family = families.named(lines.name);
      if (kind === "help") family.help = lines.text;
      else if (kind === "unit") family.unit = lines.text;
      else {
        family.type = lines.type;
        family.typed = true;
      }
    }
  }
  return families.all().map((family) => finished(family, openMetrics));
}

function finished(family: Growing, openMetrics: boolean): ParsedFamily {
  const { name, help, type, typed, unit, metrics, created } = family;
  for (const metric of created.size > 0 ? metrics : []) {
    const start = created.get(keyOf(Object.entries(metric.labels ?? {})));
    if (start !== undefined) metric.created = start;
  }
  const word = type === "unknown" && !(typed && openMetrics) ? "UNTYPED" : type.toUpperCase();
  return { name, help, type: word, ...(unit === undefined ? {} : { unit }), metrics };
}

function add(family: Growing, lines: PageLines, openMetrics: boolean): void {
  const value = lines.page.toString("latin1", lines.valueFrom, lines.valueTo);
  const suffix = lines.name.slice(family.name.length);
  const bound = boundLabel(family.type);
  if (openMetrics && suffix === "_created") {
    family.created.set(keyOf(pairs(lines, bound)), value);
    return;
  }
  const boundValue = bound === undefined ? undefined : lines.labels.get(bound);
  let metric: GrowingMetric;
  if (bound === undefined || (suffix === "" && boundValue === undefined)) {
    metric = newMetric(family, pairs(lines, undefined));
    metric.value = value;
  } else if (suffix === "_sum" || suffix === "_gsum") {
    metric = group(family, lines, bound, (found) => found.sum !== undefined);
    metric.sum = value;
  } else if (suffix === "_count" || suffix === "_gcount") {
    metric = group(family, lines, bound, (found) => found.count !== undefined);
    metric.count = value;
  } else if (boundValue === undefined) {
    metric = newMetric(family, pairs(lines, undefined));
    metric.value = value;
  } else {
    const parts = bound === "le" ? "buckets" : "quantiles";
    metric = group(family, lines, bound, (found) => Object.hasOwn(found[parts] ?? {}, boundValue));
    setText((metric[parts] ??= {}), boundValue, value);
  }
  if (!Number.isNaN(lines.timestampMs)) metric.timestamp_ms = BigInt(lines.timestampMs).toString();
}

function pairs(lines: PageLines, without: string | undefined): [string, string][] {
  const all = [...lines.labels];
  return without === undefined ? all : all.filter(([name]) => name !== without);
}

function keyOf(labels: [string, string][]): string {
  return JSON.stringify(labels.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function newMetric(family: Growing, labels: readonly [string, string][]): GrowingMetric {
  const metric: GrowingMetric = {};
  if (labels.length > 0) {
    const texts: Texts = {};
    for (const [name, value] of labels) setText(texts, name, value);
    metric.labels = texts;
  }
  family.metrics.push(metric);
  return metric;
}

/** The metric with the line's labels, `without` aside; a new one when the one at hand already `has` what the line says. */
function group(
  family: Growing,
  lines: PageLines,
  without: string,
  has: (metric: GrowingMetric) => boolean,
): GrowingMetric {
  const labels = pairs(lines, without);
  const key = keyOf(labels);
  let metric = family.groups.get(key);
  if (metric === undefined || has(metric)) {
    metric = newMetric(family, labels);
    family.groups.set(key, metric);
  }
  return metric;
}

/** Sets an own property whatever its name is. */
function setText(texts: Texts, name: string, value: string): void {
  if (name === "__proto__") {
    Object.defineProperty(texts, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    texts[name] = value;
  }
}

function withoutCarriageReturns(page: Uint8Array): Uint8Array {
  if (!page.includes(CR)) return page;
  return Buffer.from(Buffer.from(page).toString("latin1").replaceAll("\r\n", "\n"), "latin1");
}

function endsWithEof(page: Uint8Array): boolean {
  const end = Buffer.from(page.subarray(-7)).toString("latin1");
  return /(^|\n)# EOF\n?$/.test(end);
}
