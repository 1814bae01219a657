import { expect, test } from "vitest";
import { type Format, readFamilies } from "../src/index.ts";

function shape(page: string, format: Format = "text"): unknown[] {
  return readFamilies(page, { format }).map(({ name, type, samples }) => [
    name,
    type,
    samples.map((sample) => sample.name),
  ]);
}

test.each<[string, string, unknown[]]>([
  ["metadata and samples", "# HELP a text\n# TYPE a gauge\na 1\n", [["a", "gauge", ["a"]]]],
  [
    "histograms, summaries and what only looks like their parts",
    "# TYPE h histogram\nh_bucket 1\nh_sum 1\nh_count 1\nh_total 1\n# TYPE s summary\ns 1\ns_sum 1\ns_bucket 1\n",
    [
      ["h", "histogram", ["h_bucket", "h_sum", "h_count"]],
      ["h_total", "unknown", ["h_total"]],
      ["s", "summary", ["s", "s_sum"]],
      ["s_bucket", "unknown", ["s_bucket"]],
    ],
  ],
  [
    "a family in two places",
    "a 1\nb 1\na 2\n",
    [
      ["a", "unknown", ["a", "a"]],
      ["b", "unknown", ["b"]],
    ],
  ],
  [
    "a sample under another family's metadata",
    "# TYPE h histogram\nh_sum 1\n# TYPE b gauge\nh_count 2\nb 1\n",
    [
      ["h", "histogram", ["h_sum", "h_count"]],
      ["b", "gauge", ["b"]],
    ],
  ],
  ["metadata alone", "# TYPE a gauge\n", [["a", "gauge", []]]],
])("%s", (_, page, expected) => {
  expect(shape(page)).toEqual(expected);
});

test("OpenMetrics families carry unit, type and parts of their own", () => {
  const page = [
    "# TYPE a_seconds counter",
    "# UNIT a_seconds seconds",
    "# HELP a_seconds text",
    "a_seconds_total 1",
    "# TYPE g gaugehistogram",
    'g_bucket{le="+Inf"} 1',
    "g_gsum 1",
    "g_gcount 1",
    "# TYPE i info",
    'i_info{a="b"} 1',
    "# EOF",
  ].join("\n");
  expect(shape(page, "openmetrics")).toEqual([
    ["a_seconds", "counter", ["a_seconds_total"]],
    ["g", "gaugehistogram", ["g_bucket", "g_gsum", "g_gcount"]],
    ["i", "info", ["i_info"]],
  ]);
  expect(readFamilies(page, { format: "openmetrics" })[0]).toMatchObject({ unit: "seconds", help: "text" });
});
