import { bundledVectorFile, hasFailed, reportText, runArea } from "@kubemetrics/conformance";
import { expect, it } from "vitest";
import { areas } from "./vectors.ts";

it.each(["metrics-objects", "http-transcripts", "http-auth-transcripts"])(
  "answers the cases of %s as recorded, or by a rule",
  async (area) => {
    const report = await runArea(bundledVectorFile(area), areas);
    expect(hasFailed(report) ? reportText(report, 10) : "all answered").toBe("all answered");
  },
);

it.each([
  ["metrics-objects", 424],
  ["http-transcripts", 352],
  ["http-auth-transcripts", 129],
])("covers what is its own in %s", async (area, cases) => {
  const own = areas.filter((binding) => binding.area === area);
  const file = bundledVectorFile(area);
  expect(file.cases.filter((test) => own.some((binding) => binding.covers?.(test, file) ?? true))).toHaveLength(cases);
});
