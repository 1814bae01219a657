import { bundledVectorFile, hasFailed, reportText, runArea } from "@kubemetrics/conformance";
import { expect, test } from "vitest";
import { areas } from "./vectors.ts";

test.each([...new Set(areas.map((binding) => binding.area))])("answers %s as upstream does", async (area) => {
  const report = await runArea(bundledVectorFile(area), areas);
  expect(hasFailed(report) ? reportText(report) : "").toBe("");
  expect(report.passed).toBeGreaterThan(0);
});
