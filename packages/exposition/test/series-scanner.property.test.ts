import { readFileSync } from "node:fs";
import { bundledKubeletPages } from "@kubemetrics/conformance";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readEntries, SeriesScanner } from "../src/index.ts";
import { anyBytes, damagedPage, faultOf, page } from "./arbitrary-pages.ts";
import { scanOnce, scanWith, type Tuple } from "./scanned.ts";

const families = ["m0", "m2", "m3"];

function readStrictly(bytes: Uint8Array): Tuple[] {
  const samples: Tuple[] = [];
  for (const entry of readEntries(bytes)) {
    if (entry.kind === "sample" && families.includes(entry.name)) {
      samples.push([entry.name, Object.fromEntries(entry.labels), entry.value, entry.timestampMs]);
    }
  }
  return samples;
}

test("the scanner finds in a good page what the strict reader finds", () => {
  fc.assert(
    fc.property(page, (text) => {
      const { samples, report } = scanOnce(families, text);
      expect(samples).toEqual(readStrictly(Buffer.from(text)));
      expect(report).toMatchObject({ samples: samples.length, rejected: 0 });
    }),
    { numRuns: 400 },
  );
});

test("what a scanner remembers of earlier pages changes no answer", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          page.map((text) => Buffer.from(text)),
          damagedPage,
        ),
        { maxLength: 6 },
      ),
      (pages) => {
        const scanner = new SeriesScanner(families, { forgetAfterScans: 2 });
        for (const each of [...pages, ...pages]) {
          const { samples, report } = scanWith(scanner, families, each);
          expect({ samples, report }).toEqual(
            (({ samples: once, report: of }) => ({ samples: once, report: of }))(scanOnce(families, each)),
          );
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("in a damaged page every line that is good by itself is found", () => {
  fc.assert(
    fc.property(damagedPage, (bytes) => {
      const lines = bytes
        .toString("latin1")
        .split("\n")
        .map((line) => Buffer.from(line, "latin1"));
      const expected = lines.flatMap((line) => {
        let samples: Tuple[] = [];
        faultOf(() => {
          samples = readStrictly(line);
        });
        return samples;
      });
      expect(scanOnce(families, bytes).samples).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

test("no bytes make a scan throw, and every wanted line is either delivered or counted", () => {
  const scanner = new SeriesScanner(families, { maxSeries: 50, maxLabelBytes: 64, forgetAfterScans: 3 });
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const { samples, report } = scanWith(scanner, families, bytes);
      const counted = Object.values(report.rejectedBy).reduce((sum, lines) => sum + lines, 0);
      expect(report).toMatchObject({ samples: samples.length, rejected: counted });
      expect(report.firstRejected === undefined).toBe(counted === 0);
    }),
    { numRuns: 1000 },
  );
});

test.each(["steady-00", "many-0", "kubelet-restart-03s", "init-oom-12s"])(
  "a real kubelet's page is read whole: %s",
  (folder) => {
    const wanted = [
      "container_cpu_usage_seconds_total",
      "container_memory_working_set_bytes",
      "container_start_time_seconds",
      "node_cpu_usage_seconds_total",
    ];
    const bytes = readFileSync(`${bundledKubeletPages}${folder}/metrics-resource.txt`);
    const expected = [...readEntries(bytes)]
      .filter((entry) => entry.kind === "sample")
      .filter(({ name }) => wanted.includes(name));
    const { samples, report } = scanOnce(wanted, bytes);
    expect(samples).toEqual(
      expected.map(({ name, labels, value, timestampMs }) => [name, Object.fromEntries(labels), value, timestampMs]),
    );
    expect(report).toMatchObject({ rejected: 0, endsMidLine: false });
  },
);
