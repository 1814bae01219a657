/** A healthy cluster whose aggregation layer breaks in one way after the other, with the symptoms that each shows, and is repaired. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { failureModesWhileRunning } from "../suites/failure-modes-while-running.ts";
import { missingSymptoms, marks, nodes, startBroken } from "../suites/failure-symptoms.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import type { RealCluster } from "../suites/real-cluster.ts";

let cluster: RealCluster;
beforeAll(async () => {
  cluster = await startBroken();
});
afterAll(() => cluster[Symbol.asyncDispose]());

it.each(failureModesWhileRunning)("$title", async (mode) => {
  const since = marks(cluster);
  const repair = await mode.break!(cluster);
  try {
    expect(await missingSymptoms(mode, cluster, since)).toEqual({});
  } finally {
    await repair();
    const viewer = cluster.as(cluster.user("viewer"));
    await eventually("it works again", async () => (await viewer.get<{ items: unknown[] }>(nodes)).items[2], 40_000);
  }
});
