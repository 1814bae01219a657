/** The kinds of metrics, and which sample names a family of each kind has. */

/** As OpenMetrics names them. The text format knows the first five, and calls `unknown` `untyped`. */
export type MetricType =
  | "counter"
  | "gauge"
  | "histogram"
  | "summary"
  | "unknown"
  | "gaugehistogram"
  | "info"
  | "stateset";

/** Words after `# TYPE name` in the text format. */
export const textTypes: ReadonlyMap<string, MetricType> = new Map([
  ["counter", "counter"],
  ["gauge", "gauge"],
  ["histogram", "histogram"],
  ["summary", "summary"],
  ["untyped", "unknown"],
]);

/** Words after `# TYPE name` in OpenMetrics. */
export const openMetricsTypes: ReadonlyMap<string, MetricType> = new Map(
  (["counter", "gauge", "histogram", "summary", "unknown", "gaugehistogram", "info", "stateset"] as const).map(
    (type) => [type, type],
  ),
);

const suffixes: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ["_total", "_created"],
  gauge: [],
  histogram: ["_bucket", "_sum", "_count", "_created"],
  summary: ["_sum", "_count", "_created"],
  unknown: [],
  gaugehistogram: ["_bucket", "_gsum", "_gcount"],
  info: ["_info"],
  stateset: [],
};

/** Whether a sample of this name belongs to the family: the name itself, or with a suffix that its type has. */
export function isSampleOf(sample: string, family: string, type: MetricType): boolean {
  if (sample.length === family.length) return sample === family;
  return sample.startsWith(family) && suffixes[type].includes(sample.slice(family.length));
}

/** The label whose values bound the parts of a family of this type. */
export function boundLabel(type: MetricType): "le" | "quantile" | undefined {
  return type === "histogram" || type === "gaugehistogram" ? "le" : type === "summary" ? "quantile" : undefined;
}
