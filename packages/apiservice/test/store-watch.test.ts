import { expect, test } from "vitest";
import { ObjectStore } from "../src/object-store.ts";
import { watchStore } from "../src/store-watch.ts";
import { ManualClock } from "./test-server.ts";

const start = {
  resourceVersion: "",
  sendInitialEvents: false,
  selects: () => true,
  apiVersion: "g.io/v1",
  kind: "Thing",
};

function stored(count: number): ObjectStore {
  const store = new ObjectStore(new ManualClock());
  for (let at = 0; at < count; at++)
    store.put((resourceVersion) => ({ metadata: { namespace: "n", name: `t-${at}`, resourceVersion } }));
  return store;
}

test("a watch that begins with 100,000 objects takes time in proportion to them", async () => {
  const store = stored(100_000);
  const ended = new AbortController();
  const before = process.cpuUsage();
  let events = 0;
  for await (const { type } of watchStore(store, undefined, start, ended.signal)) {
    if (type === "ADDED" && ++events === 100_000) ended.abort();
  }
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(2);
});

test("a watcher that lags a thousand changes behind is ended, however many objects it began with", async () => {
  const store = stored(3_000);
  const seen: string[] = [];
  let isFirst = true;
  for await (const { type } of watchStore(store, undefined, start, new AbortController().signal)) {
    seen.push(type);
    if (!isFirst) continue;
    isFirst = false;
    for (let at = 0; at < 1_002; at++)
      store.put((resourceVersion) => ({ metadata: { namespace: "n", name: "t-0", resourceVersion, at } }));
  }
  expect([seen.length, seen.filter((type) => type === "MODIFIED").length]).toEqual([4_002, 1_002]);
});
