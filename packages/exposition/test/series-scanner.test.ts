import { describe, expect, test } from "vitest";
import { type RejectReason, SeriesScanner } from "../src/index.ts";
import { scanOnce, scanWith, type Tuple } from "./scanned.ts";

const families = ["cpu_seconds_total", "memory_bytes"];

describe("what a sample is", () => {
  test.each<[string, string, Tuple]>([
    ["labels", 'memory_bytes{pod="a",container="c"} 5', ["memory_bytes", { pod: "a", container: "c" }, 5, undefined]],
    ["a timestamp", "memory_bytes 5 1700000000123", ["memory_bytes", {}, 5, 1700000000123]],
    ["timestamp zero", "memory_bytes 5 0", ["memory_bytes", {}, 5, 0]],
    ["a far timestamp", "memory_bytes 5 9223372036854775807", ["memory_bytes", {}, 5, 2 ** 63]],
    ["no labels and tabs", "memory_bytes\t5\t7", ["memory_bytes", {}, 5, 7]],
    ["empty braces", "memory_bytes{} 5", ["memory_bytes", {}, 5, undefined]],
    ["a trailing comma", 'memory_bytes{a="b",} 5', ["memory_bytes", { a: "b" }, 5, undefined]],
    ["blanks everywhere", ' memory_bytes  { a = "b" , c = "d" }  5  6 ', ["memory_bytes", { a: "b", c: "d" }, 5, 6]],
    ["no space before the value", 'memory_bytes{a="b"}5', ["memory_bytes", { a: "b" }, 5, undefined]],
    ["escapes", String.raw`memory_bytes{a="\\ \" \n \t"} 5`, ["memory_bytes", { a: '\\ " \n \\t' }, 5, undefined]],
    ["quoted label names", 'memory_bytes{"a.b"="c"} 5', ["memory_bytes", { "a.b": "c" }, 5, undefined]],
    [
      "braces and commas inside quotes",
      'memory_bytes{a="},{",b="#"} 5',
      ["memory_bytes", { a: "},{", b: "#" }, 5, undefined],
    ],
    ["UTF-8", 'memory_bytes{a="größe 日本"} 5', ["memory_bytes", { a: "größe 日本" }, 5, undefined]],
    ["Go's floats", "memory_bytes 1.7954567917294424e+09", ["memory_bytes", {}, 1795456791.7294424, undefined]],
    ["NaN", "memory_bytes NaN", ["memory_bytes", {}, Number.NaN, undefined]],
    ["infinity", "memory_bytes -Inf", ["memory_bytes", {}, -Infinity, undefined]],
    ["negative zero", "memory_bytes -0", ["memory_bytes", {}, -0, undefined]],
  ])("%s", (_, line, sample) => {
    expect(scanOnce(families, `${line}\n`)).toMatchObject({ samples: [sample], report: { samples: 1, rejected: 0 } });
  });

  test.each([
    ["a longer name", "memory_bytes_x 5\n"],
    ["a shorter name", "memory_byte 5\n"],
    ["a name with a colon", "memory_bytes:x 5\n"],
    ["a quoted metric name", '{"memory_bytes"} 5\n'],
    ["a comment", "# memory_bytes 5\n"],
    ["another family's help", "# HELP other memory_bytes 5\nother 1\n"],
  ])("%s is no sample of the family, and no fault", (_, page) => {
    expect(scanOnce(families, page)).toMatchObject({ samples: [], report: { samples: 0, rejected: 0 } });
  });

  test("a label called __proto__ is a label", () => {
    const scanner = new SeriesScanner(families);
    scanWith(scanner, families, 'memory_bytes{__proto__="x",constructor="y"} 1\n');
    expect([...scanner.labels(0)!]).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });

  test("a repeated sample is delivered each time, in page order", () => {
    const { samples, series } = scanOnce(families, "memory_bytes 1\ncpu_seconds_total 2\nmemory_bytes 3 4\n");
    expect(samples.map(([name, , value]) => [name, value])).toEqual([
      ["memory_bytes", 1],
      ["cpu_seconds_total", 2],
      ["memory_bytes", 3],
    ]);
    expect(new Set(series).size).toBe(1);
  });

  test("one label block is one series in every family, and the empty block is one too", () => {
    const { series } = scanOnce(
      families,
      'cpu_seconds_total{pod="a"} 1\ncpu_seconds_total{pod="b"} 1\ncpu_seconds_total 1\n' +
        'memory_bytes{} 1\nmemory_bytes{pod="b"} 1\nmemory_bytes{pod="a"} 1\n',
    );
    expect(series).toEqual([0, 1, 2, 2, 1, 0]);
  });

  test("pages are read where they lie, inside a larger buffer", () => {
    const around = Buffer.from("memory_bytes 1\nmemory_bytes 2\nmemory_bytes 3\n");
    expect(scanOnce(families, new Uint8Array(around).subarray(15, 30)).samples).toEqual([
      ["memory_bytes", {}, 2, undefined],
    ]);
  });
});

describe("families nobody asked for", () => {
  test("are skipped with their samples", () => {
    const page = [
      "# HELP other text",
      "# TYPE other gauge",
      'other{a="b"} 1',
      "other broken line, never looked at",
      'other{a="c"} 1',
      "# TYPE memory_bytes gauge",
      "memory_bytes 5",
      "# TYPE last histogram",
      'last_bucket{le="1"} 1',
      "",
    ].join("\n");
    expect(scanOnce(families, page)).toMatchObject({
      samples: [["memory_bytes", {}, 5, undefined]],
      report: { rejected: 0 },
    });
  });

  test.each([
    ["samples without metadata", "# TYPE other gauge\nother 1\nmemory_bytes 5\n"],
    ["samples without metadata, and a blank line", "# TYPE other gauge\nother 1\nmemory_bytes 5\n\n# HELP x y\n"],
    ["samples of a longer name", "# TYPE memory gauge\nmemory 1\nmemory_bytes 5\n"],
    ["only metadata", "# TYPE other gauge\n# TYPE another gauge\n# TYPE memory_bytes gauge\nmemory_bytes 5\n"],
  ])("do not hide a wanted one after them: %s", (_, page) => {
    expect(scanOnce(families, page).samples).toEqual([["memory_bytes", {}, 5, undefined]]);
  });

  test("an OpenMetrics counter is found under its family's name", () => {
    const page = "# TYPE cpu_seconds counter\ncpu_seconds_total 5\ncpu_seconds_created 1\n# EOF\n";
    expect(scanOnce(families, page)).toMatchObject({
      samples: [["cpu_seconds_total", {}, 5, undefined]],
      report: { rejected: 0 },
    });
  });
});

describe("bad lines", () => {
  test.each<[RejectReason, string]>([
    ["labels", 'memory_bytes{a="b 5'],
    ["labels", 'memory_bytes{a="b"'],
    ["labels", "memory_bytes{a=b} 5"],
    ["labels", 'memory_bytes{a="b",,c="d"} 5'],
    ["labels", 'memory_bytes{a="1",a="2"} 5'],
    ["labels", 'memory_bytes{"x"} 5'],
    ["value", "memory_bytes"],
    ["value", 'memory_bytes{a="b"}'],
    ["value", "memory_bytes five"],
    ["value", "memory_bytes 1e309"],
    ["value", "memory_bytes 0x10"],
    ["value", "memory_bytes 1_000"],
    ["value", "memory_bytes 5\r"],
    ["value", "memory_bytes 5{}"],
    ["timestamp", "memory_bytes 5 -1"],
    ["timestamp", "memory_bytes 5 1.5"],
    ["timestamp", "memory_bytes 5 now"],
    ["timestamp", "memory_bytes 5 9223372036854775808"],
    ["trailing-text", "memory_bytes 5 6 7"],
    ["name", "<html>401</html>"],
    ["name", "\u0000"],
    ["name", "{} 1"],
    ["labels", '{"kind":"Status"}'],
    ["value", "other text"],
    ["labels", "broken{"],
  ])("%s: %j is rejected alone, and counted", (reason, line) => {
    const page = `memory_bytes{pod="before"} 1\n${line}\nmemory_bytes{pod="after"} 2\n`;
    expect(scanOnce(families, page)).toMatchObject({
      samples: [
        ["memory_bytes", { pod: "before" }, 1, undefined],
        ["memory_bytes", { pod: "after" }, 2, undefined],
      ],
      report: { samples: 2, rejected: 1, rejectedBy: { [reason]: 1 }, firstRejected: { line: 2, reason } },
    });
  });

  test("bytes that are not UTF-8 are rejected in labels", () => {
    const page = Buffer.concat([
      Buffer.from('memory_bytes{a="'),
      Buffer.of(0xff),
      Buffer.from('"} 1\nmemory_bytes 2\n'),
    ]);
    expect(scanOnce(families, page)).toMatchObject({
      samples: [["memory_bytes", {}, 2, undefined]],
      report: { rejectedBy: { labels: 1 } },
    });
  });

  test("a value does not run over a newline, so one open quote costs one line", () => {
    const page = 'memory_bytes{a="b} 1\nmemory_bytes{a="c"} 2\n';
    expect(scanOnce(families, page)).toMatchObject({
      samples: [["memory_bytes", { a: "c" }, 2, undefined]],
      report: { rejectedBy: { labels: 1 } },
    });
  });

  test.each([
    ["", false],
    ["\n", false],
    ["memory_bytes 5\n", false],
    ["memory_bytes 5", true],
    ["memory_bytes 5\n# TYPE", true],
  ])("a page that ends inside a line says so: %j", (page, endsMidLine) => {
    const { report } = scanOnce(families, page);
    expect(report).toMatchObject({ endsMidLine, rejected: 0, samples: page.includes("5") ? 1 : 0 });
  });
});

describe("limits", () => {
  test("label blocks beyond maxSeries are rejected; the known ones are not", () => {
    const scanner = new SeriesScanner(families, { maxSeries: 2 });
    const page = ["a", "b", "c"].map((pod) => `memory_bytes{pod="${pod}"} 1\n`).join("");
    for (let scan = 0; scan < 3; scan++) {
      const { samples, report } = scanWith(scanner, families, page);
      expect(samples.map(([, labels]) => labels["pod"])).toEqual(["a", "b"]);
      expect(report.rejectedBy).toEqual({ "too-many-series": 1 });
    }
  });

  test("a page is not read beyond maxRejected bad lines, of whatever kind: it cannot keep the process busy", () => {
    const bad = ["}\n", "memory_bytes x\n", "memory_bytes{\n", "x y\n"];
    const page = (lines: number): string => `${bad.join("").repeat(lines / bad.length)}memory_bytes 1\n`;
    const scanner = new SeriesScanner(families, { maxRejected: 8 });
    expect(scanWith(scanner, families, page(4)).report).toMatchObject({ samples: 1, rejected: 4 });
    expect(scanWith(scanner, families, page(12)).report).toMatchObject({ samples: 0, rejected: 8 });
  });

  test("a label block longer than maxLabelBytes is rejected", () => {
    const { samples, report } = scanOnce(families, 'memory_bytes{a="1234"} 1\nmemory_bytes{a="12345"} 1\n', {
      maxLabelBytes: 8,
    });
    expect(samples).toEqual([["memory_bytes", { a: "1234" }, 1, undefined]]);
    expect(report.rejectedBy).toEqual({ "labels-too-long": 1 });
  });
});

describe("series that come and go", () => {
  const page = (...pods: string[]): string => pods.map((pod) => `memory_bytes{pod="${pod}"} 1\n`).join("");

  test("an index stays while its series is seen, whatever happens to others", () => {
    const scanner = new SeriesScanner(families);
    expect(scanWith(scanner, families, page("a", "b", "c"))).toMatchObject({ series: [0, 1, 2], appeared: [0, 1, 2] });
    expect(scanWith(scanner, families, page("c", "a"))).toMatchObject({ series: [2, 0], appeared: [] });
    expect(scanWith(scanner, families, page("new", "b", "c", "a"))).toMatchObject({
      series: [3, 1, 2, 0],
      appeared: [3],
    });
  });

  test("a series absent from forgetAfterScans scans in a row is forgotten, its index reused and announced", () => {
    const scanner = new SeriesScanner(families, { forgetAfterScans: 2 });
    scanWith(scanner, families, page("a", "b"));
    scanWith(scanner, families, page("a"));
    expect(scanner.labels(1)).toEqual(new Map([["pod", "b"]]));
    scanWith(scanner, families, page("a"));
    expect(scanner.labels(1)).toBeUndefined();
    expect(scanner.seriesCount).toBe(1);
    expect(scanWith(scanner, families, page("a", "c"))).toMatchObject({ series: [0, 1], appeared: [1] });
    expect(scanner.labels(1)).toEqual(new Map([["pod", "c"]]));
  });

  test("a series seen just in time stays", () => {
    const scanner = new SeriesScanner(families, { forgetAfterScans: 2 });
    for (let scan = 0; scan < 10; scan++) {
      expect(scanWith(scanner, families, scan % 2 === 0 ? page("a", "b") : page("a")).appeared).toEqual(
        scan === 0 ? [0, 1] : [],
      );
    }
  });

  test("a kubelet whose pods change all the time does not grow the scanner", () => {
    const scanner = new SeriesScanner(families, { forgetAfterScans: 3 });
    let highest = 0;
    for (let scan = 0; scan < 300; scan++) {
      const pods = Array.from({ length: 20 }, (_, n) => `pod-${scan * 5 + n}-${"x".repeat((scan + n) % 40)}`);
      const { samples, series } = scanWith(scanner, families, page(...pods));
      expect(samples.map(([, labels]) => labels["pod"])).toEqual(pods);
      highest = Math.max(highest, ...series);
    }
    expect(scanner.seriesCount).toBeLessThan(20 * 4);
    expect(highest).toBeLessThan(20 * 4);
  });

  test("ten thousand series keep their labels apart", () => {
    const scanner = new SeriesScanner(families);
    const pods = Array.from({ length: 10_000 }, (_, n) => `pod-${n}`);
    for (const order of [pods, pods.toReversed(), pods]) {
      expect(scanWith(scanner, families, page(...order)).samples.map(([, labels]) => labels["pod"])).toEqual(order);
    }
    expect(scanner.seriesCount).toBe(10_000);
  });
});
