import { bundledVectorFile, hasFailed, reportText, runArea } from "@kubemetrics/conformance";
import { expect, test } from "vitest";
import { areas } from "./vectors.ts";

test.for([...new Set(areas.map(({ area }) => area))])("%s answers as upstream does", async (area) => {
  const report = await runArea(bundledVectorFile(area), areas);
  expect(hasFailed(report) ? reportText(report, 20) : "").toBe("");
  expect(report.passed).toBeGreaterThan(0);
});
