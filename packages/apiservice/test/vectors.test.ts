import { bundledVectorFile, hasFailed, reportText, runArea } from "@kubemetrics/conformance";
import { expect, test } from "vitest";
import { areas } from "./vectors.ts";

test.each(areas.map((binding) => binding.area))("%s: every recorded case is answered as recorded", async (area) => {
  const report = await runArea(bundledVectorFile(area), areas);
  expect(hasFailed(report) ? reportText(report, 12) : "").toBe("");
  expect(report.passed).toBeGreaterThan(0);
});
