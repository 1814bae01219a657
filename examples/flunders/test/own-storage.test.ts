import { systemClock } from "@kubemetrics/apiservice";
import { serve } from "@kubemetrics/example-flunders";
import { expect, test } from "vitest";
import { loads } from "./own-storage.ts";
import { addEndpoint, runFlunders, service, until } from "./running-flunders.ts";

test("a resource of one's own needs nothing but what it serves", async () => {
  await using cluster = await runFlunders();
  const group = { name: "wardle.example.com", versions: [{ version: "v1alpha1", resources: [loads] }] };
  const { log } = cluster;
  const options = { cluster: cluster.cluster, service, port: 0, host: "127.0.0.1", log, clock: systemClock };
  const server = await serve(group, options);
  addEndpoint(cluster.sandbox, "loads", server.port);
  await until("the APIService is available", async () => (await cluster.available()).status === "True");
  const path = "/apis/wardle.example.com/v1alpha1/loads";
  const list = (await cluster.ask("GET", path)).json as { items: readonly object[] };
  expect(list.items).toHaveLength(3);
  const selected = (await cluster.ask("GET", `${path}?fieldSelector=metadata.name%3Done-minute`)).json as typeof list;
  expect(selected.items).toMatchObject([{ metadata: { name: "one-minute" } }]);
  const one = (await cluster.ask("GET", `${path}/one-minute`)).json as object;
  expect(one).toMatchObject({ kind: "Load", runningProcesses: expect.stringMatching(/^\d+\.\d\d$/) });
  const missing = await cluster.ask("GET", `${path}/yesterday`);
  expect([missing.status, missing.text]).toEqual([
    404,
    expect.stringContaining('loads.wardle.example.com \\"yesterday\\" not found'),
  ]);
  expect((await cluster.ask("POST", path, {})).status).toBe(405);
  await server.close(0);
});
