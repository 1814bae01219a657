import { bundledVectorFile, hasFailed, reportText, runArea } from "@kubemetrics/conformance";
import { describe, expect, test } from "vitest";
import { areas, modelled, recorded, type RecordedPage } from "./vectors.ts";

describe("kubelet-decode", () => {
  const file = bundledVectorFile("kubelet-decode");

  test("every recorded page gives the recorded points, or differs by a rule", async () => {
    const report = await runArea(file, areas);
    expect(hasFailed(report) ? reportText(report) : "no failure").toBe("no failure");
  });

  // The rules are checked against a model; this says that the model is worth it.
  const sound = (file.cases as readonly RecordedPage[]).filter((page) => page.upstreamDefect === undefined);
  test.each(sound)("the model without our rules is upstream: $id", (page) => {
    expect(modelled(page, new Set())).toEqual(recorded(page));
  });
});
