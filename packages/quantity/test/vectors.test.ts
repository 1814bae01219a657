import { bundledVectorFile, hasFailed, reportText, runArea } from "@kubemetrics/conformance";
import { expect, it } from "vitest";
import { areas } from "./vectors.ts";

it.each(["quantity-parse", "quantity-ops"])("answers every case of %s as recorded, or by a rule", async (area) => {
  const report = await runArea(bundledVectorFile(area), areas);
  expect(hasFailed(report) || report.uncovered > 0 ? reportText(report, 10) : "all answered").toBe("all answered");
});
