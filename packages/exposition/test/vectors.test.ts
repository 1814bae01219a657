import { bundledVectorFile, hasFailed, reportText, runArea } from "@kubemetrics/conformance";
import { expect, test } from "vitest";
import { areas } from "./vectors.ts";

test.each(areas.map(({ area }) => area))("the strict reader answers every recorded case of %s", async (area) => {
  const report = await runArea(bundledVectorFile(area), areas);
  if (hasFailed(report)) throw new Error(reportText(report, 20));
  expect(report.passed).toBeGreaterThan(200);
});
