import { expect, test } from "vitest";
import type { ResourceAnswer } from "@kubemetrics/apiservice";
import { ask, ManualClock, RawClient, startServer } from "./test-server.ts";
import { jsonAnswer, thingsGroup } from "./things.ts";

const get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const slowList = "GET /apis/g.io/v1/namespaces/n/things HTTP/1.1\r\nHost: x\r\n\r\n";

test("readiness fails at once, while the server goes on serving for the delay", async () => {
  const clock = new ManualClock();
  await using server = await startServer({ clock });
  const kept = await RawClient.connect(server.port);
  kept.write(get);
  expect((await kept.answer())?.headers["connection"]).toBe("keep-alive");
  const closing = server.server.close({ delayMs: 5_000 });
  const ready = await ask(server.port, "/readyz?verbose");
  expect([ready.status, ready.text]).toEqual([
    500,
    "[+]ping ok\n[+]log ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n",
  ]);
  expect((await ask(server.port, "/livez")).text).toBe("ok");
  kept.write(get);
  const last = await kept.answer();
  expect([last?.text, last?.headers["connection"]]).toEqual(["ok", "close"]);
  clock.advance(5_000);
  await closing;
  await expect(ask(server.port, "/livez")).rejects.toThrow("ECONNREFUSED");
});

test("running requests end before the server does; idle connections go at once", async () => {
  const slow = Promise.withResolvers<ResourceAnswer>();
  const started = Promise.withResolvers<void>();
  const list = (): Promise<ResourceAnswer> => {
    started.resolve();
    return slow.promise;
  };
  await using server = await startServer({ groups: [thingsGroup({ list })] });
  const idle = await RawClient.connect(server.port);
  idle.write(get);
  await idle.answer();
  const busy = await RawClient.connect(server.port);
  busy.write(slowList);
  await started.promise;
  let isClosed = false;
  const closing = server.server.close().then(() => (isClosed = true));
  await idle.closed();
  expect(isClosed).toBe(false);
  slow.resolve(jsonAnswer({ done: true }));
  expect((await busy.answer())?.text).toContain("done");
  await closing;
});

test("what has not ended after the drain time is cut", async () => {
  const clock = new ManualClock();
  const started = Promise.withResolvers<void>();
  const list = (): Promise<ResourceAnswer> => {
    started.resolve();
    return new Promise<ResourceAnswer>(() => undefined);
  };
  await using server = await startServer({ groups: [thingsGroup({ list })], clock });
  const busy = await RawClient.connect(server.port);
  busy.write(slowList);
  await started.promise;
  const closing = server.server.close({ drainMs: 10_000 });
  clock.advance(10_000);
  await closing;
  expect(await busy.answer()).toBeUndefined();
});
