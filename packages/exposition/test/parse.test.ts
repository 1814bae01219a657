import { readFileSync } from "node:fs";
import { bundledKubeletPages } from "@kubemetrics/conformance";
import fc from "fast-check";
import library from "parse-prometheus-text-format";
import { describe, expect, test } from "vitest";
import { PageInvalid, parse, type ParsedMetric } from "../src/index.ts";
import { anyBytes, escaped, faultOf, line, lineText, number, unicode } from "./arbitrary-pages.ts";

describe("where parse-prometheus-text-format is right, parse() answers the same", () => {
  const help = fc.option(fc.stringMatching(/^[a-z\\"]([a-z\\" ]{0,20}[a-z\\"])?$/), { nil: undefined });

  const plainFamily = fc
    .record({
      type: fc.constantFrom(undefined, "counter", "gauge", "untyped"),
      help,
      lines: fc.uniqueArray(line, {
        selector: ({ labels }) => JSON.stringify(labels.toSorted(([one], [other]) => (one < other ? -1 : 1))),
        maxLength: 5,
      }),
    })
    .map(({ type, help: text, lines }) => (name: string) => [
      ...(text === undefined ? [] : [`# HELP ${name} ${text}`]),
      ...(type === undefined ? [] : [`# TYPE ${name} ${type}`]),
      ...lines.map((each) => lineText(name, each)),
    ]);

  const bounds = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 });
  const histogram = fc.tuple(help, bounds, number, number).map(([text, les, sum, count]) => (name: string) => [
    ...(text === undefined ? [] : [`# HELP ${name} ${text}`]),
    `# TYPE ${name} histogram`,
    ...les.map((le) => `${name}_bucket{le="${le}"} ${le}`),
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
  ]);
  const summary = fc.tuple(bounds, number, number).map(([quantiles, sum, count]) => (name: string) => [
    `# TYPE ${name} summary`,
    ...quantiles.map((quantile) => `${name}{quantile="0.${quantile}"} ${quantile}`),
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
  ]);

  test("on pages within its reach", () => {
    const page = fc
      .array(fc.oneof(plainFamily, histogram, summary), { maxLength: 5 })
      .map((families) => `${families.flatMap((family, index) => family(`f${index}`)).join("\n")}\n`);
    fc.assert(
      fc.property(page, (text) => {
        expect(parse(text)).toEqual(library(text));
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    "steady-04/metrics-cadvisor",
    "killed-00s/metrics-cadvisor",
    "many-0/metrics-resource",
    "cri-stats-gate/metrics-resource",
  ])("on a real kubelet's %s", (path) => {
    const page = readFileSync(`${bundledKubeletPages}${path}.txt`, "utf8");
    expect(parse(page)).toEqual(library(page));
  });

  test.each([
    ["CRLF line ends", "a 1\r\nb 2\r\n"],
    ["negative timestamps", "a 1 -3982045\n"],
    ["type words in capitals", "# TYPE a GAUGE\na 1\n"],
    ["trailing commas", 'a{b="c",} 1\n'],
    ["escapes that are none", String.raw`a{b="\d"} 1` + "\n"],
    [
      "summaries of sums and counts alone",
      '# TYPE s summary\ns_count{a="b"} 1\ns_sum{a="b"} 2\ns_count{a="c"} 3\ns_sum{a="c"} 4\n',
    ],
    ["metadata alone", "# HELP a text\n# TYPE a gauge\n"],
  ])("%s", (_, page) => {
    expect(parse(page)).toEqual(library(page));
  });
});

describe("where parse-prometheus-text-format loses data, parse() does not", () => {
  test.each<[string, string, string, ParsedMetric[]]>([
    ["a last line without a newline", "b 1\na 2", "a", [{ value: "2" }]],
    [
      "histograms with labels",
      '# TYPE h histogram\nh_bucket{a="x",le="1"} 1\nh_sum{a="x"} 2\nh_count{a="x"} 3\nh_bucket{le="1",a="y"} 4\nh_sum{a="y"} 5\nh_count{a="y"} 6\n',
      "h",
      [
        { labels: { a: "x" }, buckets: { "1": "1" }, sum: "2", count: "3" },
        { labels: { a: "y" }, buckets: { "1": "4" }, sum: "5", count: "6" },
      ],
    ],
    [
      "summaries with labels",
      '# TYPE s summary\ns{a="x",quantile="0.5"} 1\ns{a="y",quantile="0.5"} 2\ns_sum{a="x"} 3\ns_sum{a="y"} 4\n',
      "s",
      [
        { labels: { a: "x" }, quantiles: { "0.5": "1" }, sum: "3" },
        { labels: { a: "y" }, quantiles: { "0.5": "2" }, sum: "4" },
      ],
    ],
    ["timestamps of histograms", "# TYPE h histogram\nh_count 3 5\n", "h", [{ count: "3", timestamp_ms: "5" }]],
    ["repeated series", "a 1\na 2\n", "a", [{ value: "1" }, { value: "2" }]],
    ["repeated histograms", "# TYPE h histogram\nh_count 1\nh_count 2\n", "h", [{ count: "1" }, { count: "2" }]],
    ["blanks between labels", 'a{x="1", y="2"} 1\n', "a", [{ labels: { x: "1", y: "2" }, value: "1" }]],
    ["quoted names", '{"my.name","a.b"="c"} 1\n', "my.name", [{ labels: { "a.b": "c" }, value: "1" }]],
    ["several blanks in metadata", "#  TYPE   a gauge\na 1\n", "a", [{ value: "1" }]],
    [
      "OpenMetrics counters",
      "# TYPE foo counter\nfoo_total 1 1.5\nfoo_created 1700000000.5\n# EOF\n",
      "foo",
      [{ value: "1", timestamp_ms: "1500", created: "1700000000.5" }],
    ],
    [
      "buckets with exemplars",
      '# TYPE h histogram\nh_bucket{le="1"} 1 # {t="x"} 0.5\nh_created 5\n# EOF\n',
      "h",
      [{ buckets: { "1": "1" }, created: "5" }],
    ],
  ])("%s", (_, page, name, metrics) => {
    expect(parse(page).find((family) => family.name === name)?.metrics).toEqual(metrics);
  });

  test("a label called __proto__", () => {
    const [family] = parse('a{__proto__="x"} 1\n');
    expect(Object.entries(family!.metrics[0]!.labels!)).toEqual([["__proto__", "x"]]);
  });

  test("units, and the types of OpenMetrics", () => {
    expect(
      parse('# TYPE a_bytes unknown\n# UNIT a_bytes bytes\na_bytes 1\n# TYPE i info\ni_info{x="y"} 1\n# EOF\n'),
    ).toEqual([
      { name: "a_bytes", help: "", type: "UNKNOWN", unit: "bytes", metrics: [{ value: "1" }] },
      { name: "i", help: "", type: "INFO", metrics: [{ labels: { x: "y" }, value: "1" }] },
    ]);
  });
});

test.each(["a hello\n", "c\n", "d{}\n", "a 1 xyz\n", "0x1p4\n", "1abc 1\n", "b 1 2 3\n", 'a{x="1'])(
  "%j is refused, where the package gives half a result",
  (page) => {
    expect(() => parse(page)).toThrow(PageInvalid);
  },
);

test("what is written is what is read, whatever the text", () => {
  fc.assert(
    fc.property(unicode(), number, (value, of) => {
      expect(parse(`a{b="${escaped(value)}"} ${of}\n`)).toEqual([
        { name: "a", help: "", type: "UNTYPED", metrics: [{ labels: { b: value }, value: of }] },
      ]);
    }),
    { numRuns: 300 },
  );
});

test("any bytes are read or refused with PageInvalid", () => {
  fc.assert(
    fc.property(anyBytes, fc.constantFrom(undefined, "text" as const, "openmetrics" as const), (bytes, format) => {
      const found = faultOf(() => parse(bytes, format === undefined ? {} : { format }));
      expect(found?.offset ?? 0).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 1000 },
  );
});
