/** Clusters whose aggregation layer is set up wrongly, with the symptoms that each shows. */
import { expect, it } from "vitest";
import { failureModesAtStart } from "../suites/failure-modes-at-start.ts";
import { missingSymptoms, startBroken } from "../suites/failure-symptoms.ts";

it.each(failureModesAtStart.filter((mode) => mode.refusesToStart === undefined))("$title", async (mode) => {
  await using cluster = await startBroken(mode);
  expect(await missingSymptoms(mode, cluster, { server: 0, apiServer: 0 })).toEqual({});
});

it.each(failureModesAtStart.filter((mode) => mode.refusesToStart !== undefined))(
  "$title: refuses to start",
  async (mode) => {
    await expect(startBroken(mode)).rejects.toThrow(mode.refusesToStart);
  },
);
