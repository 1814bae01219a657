import { bundledVectorFile, hasFailed, reportText, runArea } from "@kubemetrics/conformance";
import { describe, expect, test } from "vitest";
import { areas, compare, modelAnswers, type RecordedCase } from "./vectors.ts";

describe("metrics-storage", () => {
  const file = bundledVectorFile("metrics-storage");

  test("every recorded answer is given, or differs by a rule", async () => {
    const report = await runArea(file, areas);
    expect(hasFailed(report) ? reportText(report) : "no failure").toBe("no failure");
  });

  // The rules are checked against a model; this says that the model is worth it.
  test.each(file.cases as readonly RecordedCase[])("the model without our rules is upstream: $id", (recorded) => {
    expect(compare(recorded, modelAnswers(recorded, new Set()))).toBeUndefined();
  });
});
