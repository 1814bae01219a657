import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Format, type PageFault, PageInvalid, readEntries, type Sample } from "../src/index.ts";
import { anyBytes, faultOf } from "./arbitrary-pages.ts";

function samples(page: string, format: Format = "text"): Sample[] {
  return [...readEntries(page, { format })].filter((entry) => entry.kind === "sample");
}

function fault(page: string | Uint8Array, format: Format): PageInvalid {
  const found = faultOf(() => [...readEntries(page, { format })]);
  if (found === undefined) throw new Error("the page was accepted");
  return found;
}

describe("a fault names its place, what was expected and what stands there", () => {
  test.each<[string, PageFault, number, number, string]>([
    ["a 1\n<html>\n", "NAME", 2, 1, 'expected a metric name, found "<html>"'],
    ["{} 1\n", "NAME", 1, 1, 'expected a metric name, before the braces or quoted inside, found "{} 1"'],
    ["a 1\n\nb{ 2\n", "LABELS", 3, 4, 'expected a label name or `}`, found "2"'],
    ['m{a"b"} 1\n', "LABELS", 1, 4, 'expected `=` after the label name, found "\\"b\\"} 1"'],
    ["m{a=b} 1\n", "LABELS", 1, 5, 'expected a label value beginning with `"`, found "b} 1"'],
    ['m{a="b', "LABELS", 1, 5, 'expected a label value ending with `"`, found "\\"b"'],
    ['m{größe="b', "LABELS", 1, 5, 'expected `=` after the label name, found "öße=\\"b"'],
    ['m{ä="b"} 1', "LABELS", 1, 3, 'expected a label name or `}`, found "ä=\\"b\\"} 1"'],
    ['m{a="ü",b="c",b="d"} 1\n', "LABELS", 1, 15, 'expected label "b" once, not twice, found "b=\\"d\\"} 1"'],
    ['m{__name__="n"} 1\n', "LABELS", 1, 3, "expected the metric name before the braces, not as label `__name__`"],
    ['m{"n"} 1\n', "LABELS", 1, 2, 'expected one metric name, not two, found "{\\"n\\"} 1"'],
    ['{"m","n"} 1\n', "LABELS", 1, 6, "expected one metric name, not two"],
    ["m\n", "VALUE", 1, 2, "expected a number as value, found the end of the line"],
    ['m{a="b"} x\n', "VALUE", 1, 10, 'expected a number as value, found "x"'],
    ["m 1\r\n", "VALUE", 1, 3, 'expected a number as value, found "1\\r"'],
    ["m 1e309\n", "VALUE", 1, 3, 'expected a number as value, found "1e309"'],
    ["m 1 -5\n", "TIMESTAMP", 1, 5, 'expected a timestamp in whole milliseconds, or the end of the line, found "-5"'],
    ["m 1 5 6\n", "TRAILING_TEXT", 1, 7, 'expected the end of the line after the timestamp, found "6"'],
    ["# TYPE m foo\n", "METADATA", 1, 10, 'expected counter, gauge, histogram, summary or untyped, found "foo"'],
    ["# HELP 1m text\n", "METADATA", 1, 8, 'expected a metric name after HELP, found "1m text"'],
    ["# HELP ", "METADATA", 1, 8, "expected a metric name after HELP, found the end of the page"],
  ])("text %j", (page, code, line, column, message) => {
    const error = fault(page, "text");
    expect(error).toMatchObject({ code, line, column });
    expect(error.message).toMatch(new RegExp(`^line ${line}, column ${column}: `));
    expect(error.message).toContain(message);
    expect(Buffer.from(page).subarray(0, error.offset).toString().split("\n").at(-1)?.length).toBe(column - 1);
  });

  test.each<[string, PageFault, number, number, string]>([
    ["", "END", 1, 1, "expected `# EOF` as the last line, found the end of the page"],
    ["m 1\n", "END", 2, 1, "expected `# EOF` as the last line, found the end of the page"],
    ["m 1", "END", 1, 4, "expected the end of the line, then `# EOF`, found the end of the page"],
    ["# EOF\nm 1\n", "END", 2, 1, 'expected nothing after `# EOF`, found "m 1"'],
    ["# EOF \n", "END", 1, 6, 'expected nothing after `# EOF`, found " "'],
    ["# hello\n# EOF\n", "METADATA", 1, 1, 'expected `# HELP `, `# TYPE `, `# UNIT ` or `# EOF`, found "# hello"'],
    ["# TYPE m untyped\n# EOF\n", "METADATA", 1, 10, "expected one of counter, gauge, histogram, summary, unknown,"],
    ["# UNIT m seconds\n# EOF\n", "METADATA", 1, 10, 'expected the unit that ends the name "m", found "seconds"'],
    ["# HELP m\n# EOF\n", "METADATA", 1, 9, "expected one space and a text after the name, found the end of the line"],
    ["m  1\n# EOF\n", "VALUE", 1, 2, "expected one space and a number as value"],
    ["m 1 NaN\n# EOF\n", "TIMESTAMP", 1, 5, "expected a timestamp in seconds that fits 64 bits in milliseconds"],
    ["m 1 2 3\n# EOF\n", "TRAILING_TEXT", 1, 6, 'expected the end of the line, found " 3"'],
    [
      'm 1 # {a="b"}\n# EOF\n',
      "EXEMPLAR",
      1,
      14,
      "expected one space and the exemplar's value, found the end of the line",
    ],
    ['m{a="b" } 1\n# EOF\n', "LABELS", 1, 8, "expected `,` or `}`"],
  ])("OpenMetrics %j", (page, code, line, column, message) => {
    const error = fault(page, "openmetrics");
    expect(error).toMatchObject({ code, line, column });
    expect(error.message).toContain(message);
  });

  test.each<[string, readonly (string | number)[], PageFault]>([
    ["a label value", ['m{a="', 0xff, '"} 1\n'], "LABELS"],
    ["a quoted label name", ['m{"', 0xff, '"="b"} 1\n'], "LABELS"],
    ["a quoted metric name", ['{"', 0xff, '"} 1\n'], "LABELS"],
    ["a help text", ["# HELP m ", 0xff, "\n"], "METADATA"],
  ])("bytes that are not UTF-8 are refused in %s", (_, pieces, code) => {
    const page = Buffer.concat(
      pieces.map((piece) => (typeof piece === "number" ? Buffer.of(piece) : Buffer.from(piece))),
    );
    expect(fault(page, "text")).toMatchObject({ code, line: 1 });
  });
});

test("entries before the fault are given first", () => {
  const seen: string[] = [];
  expect(() => {
    for (const entry of readEntries("# TYPE a gauge\na 1\nb{\n")) seen.push(entry.kind);
  }).toThrow(PageInvalid);
  expect(seen).toEqual(["type", "sample"]);
});

describe("labels", () => {
  test("keep their page order, and equal blocks share one map", () => {
    const [one, two, three] = samples('a{z="1",b="2"} 1\nc{z="1",b="2"} 2\nd{b="2",z="1"} 3\n');
    expect([...one!.labels]).toEqual([
      ["z", "1"],
      ["b", "2"],
    ]);
    expect(two!.labels).toBe(one!.labels);
    expect([...three!.labels]).toEqual([
      ["b", "2"],
      ["z", "1"],
    ]);
  });

  test("equal-looking places of neighbouring lines do not mix their texts", () => {
    const page = [
      'a{x="11",y="22"} 1',
      'a{x="22",y="22"} 1',
      'a{y="22"} 1',
      'a{x="11",y="2\\n"} 1',
      'a{x="11",y="22",z="3"} 1',
    ].join("\n");
    expect(samples(page).map(({ labels }) => [...labels].flat().join(" "))).toEqual([
      "x 11 y 22",
      "x 22 y 22",
      "y 22",
      "x 11 y 2\n",
      "x 11 y 22 z 3",
    ]);
  });

  test("bounds are written one way, or left as they are", () => {
    const page =
      '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="1e3"} 1\nh_bucket{le="+Inf"} 1\nother{le="1"} 1\n';
    const bounds = (options: { bounds?: "canonical" | "verbatim" }): unknown[] =>
      [...readEntries(page, options)].flatMap((entry) => (entry.kind === "sample" ? [entry.labels.get("le")] : []));
    expect(bounds({})).toEqual(["1.0", "1000.0", "+Inf", "1"]);
    expect(bounds({ bounds: "verbatim" })).toEqual(["1", "1e3", "+Inf", "1"]);
  });
});

describe("start times", () => {
  test("reach every part of a histogram, whatever the order of lines and labels", () => {
    const page = [
      "# TYPE h histogram",
      'h_created{a="1",b="2"} 1700000000.123',
      'h_bucket{b="2",a="1",le="+Inf"} 1',
      'h_sum{b="2",a="1"} 1',
      'h_bucket{a="1",b="3",le="+Inf"} 1',
      "# EOF",
    ].join("\n");
    expect(samples(page, "openmetrics").map(({ name, startTimestampMs }) => [name, startTimestampMs])).toEqual([
      ["h_bucket", 1700000000123],
      ["h_sum", 1700000000123],
      ["h_bucket", undefined],
    ]);
  });

  test("end with their family: another family's _created is its own", () => {
    const page = "# TYPE a counter\na_total 1\n# TYPE b counter\nb_total 2\na_created 5\nb_created 6\n# EOF\n";
    expect(samples(page, "openmetrics").map(({ name, startTimestampMs }) => [name, startTimestampMs])).toEqual([
      ["a_total", undefined],
      ["b_total", undefined],
      ["a_created", undefined],
    ]);
  });

  test("samples held back for their start time are given before a fault", () => {
    const seen: unknown[] = [];
    expect(() => {
      for (const entry of readEntries("# TYPE a counter\na_total 1\na_created 5\nbroken", { format: "openmetrics" })) {
        if (entry.kind === "sample") seen.push(entry.startTimestampMs);
      }
    }).toThrow(PageInvalid);
    expect(seen).toEqual([5000]);
  });
});

test("an exemplar's labels are labels: escapes are resolved", () => {
  const [sample] = samples(String.raw`a 1 # {t="x\"y"} 0.5 1.25` + "\n# EOF\n", "openmetrics");
  expect(sample!.exemplar).toEqual({ labels: new Map([["t", 'x"y']]), value: 0.5, timestampMs: 1250 });
});

test.each<Format>(["text", "openmetrics"])("any bytes are read or refused with PageInvalid, as %s", (format) => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const found = faultOf(() => [...readEntries(bytes, { format })]);
      expect(found?.offset ?? 0).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 1000 },
  );
});
