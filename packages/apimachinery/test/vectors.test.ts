import { readFileSync } from "node:fs";
import { bundledVectors, hasFailed, reportText, runArea, type VectorFile } from "@kubemetrics/conformance";
import { expect, test } from "vitest";
import { areas } from "./vectors.ts";

test.each([...new Set(areas.map((binding) => binding.area))])("answers %s as upstream does", async (area) => {
  const report = await runArea(vectorFile(area), areas);
  expect(hasFailed(report) ? reportText(report) : "").toBe("");
  expect(report.passed).toBeGreaterThan(0);
});

/** The files of these areas number their cases only by position. */
function vectorFile(area: string): VectorFile {
  const file = JSON.parse(readFileSync(`${bundledVectors}${area}.json`, "utf8")) as VectorFile;
  return { ...file, cases: file.cases.map((test, index) => ({ ...test, id: `${area}-${index}` })) };
}
