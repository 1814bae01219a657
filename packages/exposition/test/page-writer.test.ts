import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Format,
  HistogramBounds,
  labelBlock,
  type MetricFamily,
  MetricInvalid,
  type MetricType,
  PageWriter,
  readFamilies,
  type Sample,
  writeFamily,
} from "../src/index.ts";
import { unicode } from "./arbitrary-pages.ts";

function written(format: Format, write: (writer: PageWriter) => void): string {
  const writer = new PageWriter({ format });
  write(writer);
  return Buffer.from(writer.end()).toString();
}

test.each<[MetricType, string, string, string]>([
  ["counter", "jobs", "# TYPE jobs counter\njobs 1\n", "# TYPE jobs counter\njobs_total 1\n# EOF\n"],
  ["counter", "jobs_total", "# TYPE jobs_total counter\njobs_total 1\n", "# TYPE jobs counter\njobs_total 1\n# EOF\n"],
  ["info", "build", "# TYPE build_info gauge\nbuild_info 1\n", "# TYPE build info\nbuild_info 1\n# EOF\n"],
  ["info", "build_info", "# TYPE build_info gauge\nbuild_info 1\n", "# TYPE build info\nbuild_info 1\n# EOF\n"],
  ["gauge", "jobs_total", "# TYPE jobs_total gauge\njobs_total 1\n", "# TYPE jobs_total gauge\njobs_total 1\n# EOF\n"],
])("a %s named %s has the suffix that each format wants", (type, name, text, openmetrics) => {
  const write = (writer: PageWriter): void => {
    writer.family({ name, type });
    writer.sample(1);
  };
  expect([written("text", write), written("openmetrics", write)]).toEqual([text, openmetrics]);
});

describe("one page in both formats", () => {
  const write = (writer: PageWriter): void => {
    writer.family({ name: "http_requests_total", type: "counter", help: 'Requests, "all"\n\\ of them.' });
    const get = labelBlock({ method: "GET", path: 'a"b\\c\nd' });
    writer.sample(1027, get, 1395066363000, { labels: new Map([["trace", "x"]]), value: 0.5, timestampMs: 1500 });
    writer.created(1700000000123, get);
    writer.family({ name: "temperature_celsius", type: "gauge", unit: "celsius" });
    writer.sample(-0.25);
    writer.family({ name: "build_info", type: "info" });
    writer.sample(1, labelBlock(new Map([["version", "1"]])));
    writer.family({ name: "my.metric", type: "unknown" });
    writer.sample(1e6, labelBlock({ "a.b": "c" }));
    writer.sample(Number.NaN);
    writer.family({ name: "wait_seconds", type: "histogram" });
    writer.histogram(new HistogramBounds([0.5, 1]), Uint32Array.of(9, 2, 3, 4), 1, 12.5, labelBlock({ q: "x" }), 5000);
    writer.family({ name: "age_seconds", type: "summary" });
    writer.part("", 3, labelBlock({ quantile: "0.5" }));
    writer.part("_count", 1_234_567);
  };

  test("text", () => {
    expect(written("text", write)).toBe(
      [
        String.raw`# HELP http_requests_total Requests, "all"\n\\ of them.`,
        "# TYPE http_requests_total counter",
        String.raw`http_requests_total{method="GET",path="a\"b\\c\nd"} 1027 1395066363000`,
        "# TYPE temperature_celsius gauge",
        "temperature_celsius -0.25",
        "# TYPE build_info gauge",
        'build_info{version="1"} 1',
        '# TYPE "my.metric" untyped',
        '{"my.metric","a.b"="c"} 1e+06',
        '{"my.metric"} NaN',
        "# TYPE wait_seconds histogram",
        'wait_seconds_bucket{q="x",le="0.5"} 2 5000',
        'wait_seconds_bucket{q="x",le="1"} 5 5000',
        'wait_seconds_bucket{q="x",le="+Inf"} 9 5000',
        'wait_seconds_sum{q="x"} 12.5 5000',
        'wait_seconds_count{q="x"} 9 5000',
        "# TYPE age_seconds summary",
        'age_seconds{quantile="0.5"} 3',
        "age_seconds_count 1.234567e+06",
        "",
      ].join("\n"),
    );
  });

  test("OpenMetrics", () => {
    expect(written("openmetrics", write)).toBe(
      [
        String.raw`# HELP http_requests Requests, \"all\"\n\\ of them.`,
        "# TYPE http_requests counter",
        String.raw`http_requests_total{method="GET",path="a\"b\\c\nd"} 1027 1395066363 # {trace="x"} 0.5 1.500`,
        String.raw`http_requests_created{method="GET",path="a\"b\\c\nd"} 1700000000.123`,
        "# TYPE temperature_celsius gauge",
        "# UNIT temperature_celsius celsius",
        "temperature_celsius -0.25",
        "# TYPE build info",
        'build_info{version="1"} 1',
        '# TYPE "my.metric" unknown',
        '{"my.metric","a.b"="c"} 1e+06',
        '{"my.metric"} NaN',
        "# TYPE wait_seconds histogram",
        'wait_seconds_bucket{q="x",le="0.5"} 2 5',
        'wait_seconds_bucket{q="x",le="1.0"} 5 5',
        'wait_seconds_bucket{q="x",le="+Inf"} 9 5',
        'wait_seconds_sum{q="x"} 12.5 5',
        'wait_seconds_count{q="x"} 9 5',
        "# TYPE age_seconds summary",
        'age_seconds{quantile="0.5"} 3',
        "age_seconds_count 1.234567e+06",
        "# EOF",
        "",
      ].join("\n"),
    );
  });
});

describe("what a program cannot mean is refused", () => {
  const begin = (writer: PageWriter): void => writer.family({ name: "a", type: "gauge" });
  test.each<[string, string, (writer: PageWriter) => unknown]>([
    ["a sample before any family", "ORDER", (writer) => writer.sample(1)],
    ["a family twice", "ORDER", (writer) => [begin(writer), begin(writer)]],
    ["a family after the end", "ORDER", (writer) => [writer.end(), begin(writer)]],
    ["a sample after the end", "ORDER", (writer) => [begin(writer), writer.end(), writer.sample(1)]],
    ["an empty name", "NAME", (writer) => writer.family({ name: "", type: "gauge" })],
    ["half a surrogate pair as name", "NAME", (writer) => writer.family({ name: "\ud800", type: "gauge" })],
    ["half a surrogate pair in a label", "NAME", () => labelBlock({ a: "\udc00" })],
    ["a label without name", "NAME", () => labelBlock({ "": "x" })],
    ["the metric name as label", "NAME", () => labelBlock({ __name__: "x" })],
    [
      "a unit that does not end the name",
      "UNIT",
      (writer) => writer.family({ name: "a_bytes", type: "gauge", unit: "seconds" }),
    ],
    ["bounds that do not ascend", "BOUNDS", () => new HistogramBounds([1, 1])],
    ["an infinite bound", "BOUNDS", () => new HistogramBounds([1, Infinity])],
  ])("%s", (_, code, act) => {
    let thrown: unknown;
    try {
      act(new PageWriter());
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(MetricInvalid);
    expect(thrown).toMatchObject({ code });
  });
});

test("a writer cleared begins a new page in the same buffer", () => {
  const writer = new PageWriter({ format: "openmetrics", initialBytes: 1 });
  for (const value of [1, 2]) {
    writer.clear();
    writer.family({ name: "a", type: "gauge" });
    writer.sample(value);
    expect(Buffer.from(writer.end()).toString()).toBe(`# TYPE a gauge\na ${value}\n# EOF\n`);
    expect(Buffer.from(writer.end()).toString()).toBe(`# TYPE a gauge\na ${value}\n# EOF\n`);
  }
});

test.each([
  [0, 0],
  [0.5, 0],
  [0.6, 1],
  [1, 1],
  [2, 2],
  [Number.NaN, 2],
  [-Infinity, 0],
])("an observation of %d falls into bucket %i of 0.5, 1, +Inf", (value, bucket) => {
  const bounds = new HistogramBounds([0.5, 1]);
  expect(bounds.bucketOf(value)).toBe(bucket);
  expect(bounds.buckets).toBe(3);
});

/** Times that survive seconds and back as Prometheus computes them; it reads some a millisecond early. */
const milliseconds = fc
  .integer({ min: 0, max: 2 ** 42 })
  .map((time) => Math.trunc((time / 1000) * 1000))
  .filter((time) => Math.trunc((time / 1000) * 1000) === time);

test("numbers are written so that they are read back exactly", () => {
  fc.assert(
    fc.property(fc.double(), milliseconds, fc.constantFrom<Format>("text", "openmetrics"), (value, time, format) => {
      const page = written(format, (writer) => {
        writer.family({ name: "a", type: "gauge" });
        writer.sample(value, undefined, time);
      });
      const [sample] = readFamilies(page, { format })[0]!.samples;
      expect([sample!.value, sample!.timestampMs]).toEqual([value, time]);
    }),
    { numRuns: 1000 },
  );
});

const labels = fc
  .dictionary(fc.oneof(fc.constantFrom("a", "b"), unicode({ minLength: 1, maxLength: 4 })), unicode({ maxLength: 5 }), {
    maxKeys: 3,
  })
  .map((record) => new Map(Object.entries(record)));

function sampleOf(name: string, of: ReadonlyMap<string, string>, value: number): Sample {
  return {
    kind: "sample",
    name,
    labels: of,
    value,
    timestampMs: undefined,
    startTimestampMs: undefined,
    exemplar: undefined,
  };
}

const family: fc.Arbitrary<(name: string) => MetricFamily> = fc
  .record({
    type: fc.constantFrom<MetricType>(
      "counter",
      "gauge",
      "histogram",
      "summary",
      "unknown",
      "gaugehistogram",
      "info",
      "stateset",
    ),
    help: fc.option(
      unicode().filter((text) => text.trim() !== "" && !/^[ \t]/.test(text)),
      { nil: undefined },
    ),
    points: fc.array(fc.tuple(labels, fc.double()), { maxLength: 3 }),
    start: fc.option(milliseconds, { nil: undefined }),
    exemplar: fc.option(fc.record({ labels, value: fc.double(), timestampMs: fc.constantFrom(undefined, 1500) }), {
      nil: undefined,
    }),
  })
  .map(({ type, help, points, start, exemplar }) => (name) => {
    const parts = {
      counter: ["_total"],
      gauge: [""],
      histogram: ["_bucket", "_sum", "_count"],
      summary: ["_sum", "_count"],
      unknown: [""],
      gaugehistogram: ["_bucket", "_gsum", "_gcount"],
      info: ["_info"],
      stateset: [""],
    }[type];
    const starts = type === "counter" || type === "histogram" || type === "summary";
    const samples = points.flatMap(([of, value], index) => {
      const own = new Map([...of, ["point", String(index)]]);
      return parts.map((part) => ({
        ...sampleOf(name + part, part === "_bucket" ? new Map([...own, ["le", "+Inf"]]) : own, value),
        startTimestampMs: starts ? start : undefined,
        exemplar,
      }));
    });
    return { name, type, help, unit: undefined, samples };
  });

test("any families written as OpenMetrics are read back as they were", () => {
  fc.assert(
    fc.property(fc.array(family, { maxLength: 4 }), (families) => {
      const expected = families.map((make, index) => make(index % 2 === 0 ? `f${index}` : `größe.${index}`));
      const page = written("openmetrics", (writer) => expected.forEach((each) => writeFamily(writer, each)));
      expect(readFamilies(page, { format: "openmetrics" })).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test("a page read and written again as text is the same page", () => {
  const page = [
    "# HELP a_total Some text.",
    "# TYPE a_total counter",
    'a_total{x="1"} 5 1700000000123',
    "# TYPE h histogram",
    'h_bucket{le="0.5"} 1',
    'h_bucket{le="+Inf"} 2',
    "h_sum 1.0108928e+08",
    "h_count 2",
    "",
  ].join("\n");
  const families = readFamilies(page, { bounds: "verbatim" });
  expect(written("text", (writer) => families.forEach((each) => writeFamily(writer, each)))).toBe(page);
});

test("an OpenMetrics counter written as text carries its suffix in the metadata too", () => {
  const [counter] = readFamilies("# TYPE a counter\na_total 5\n# EOF\n", { format: "openmetrics" });
  expect(written("text", (writer) => writeFamily(writer, counter!))).toBe("# TYPE a_total counter\na_total 5\n");
});
