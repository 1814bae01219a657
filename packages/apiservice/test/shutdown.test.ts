import { expect, test } from "vitest";
import type { ResourceAnswer } from "@kubemetrics/apiservice";
import { arrivals } from "./arrivals.ts";
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

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets the server look for idle connections that often, 50 ms apart. */
async function looks(clock: ManualClock, times: number): Promise<void> {
  for (let look = 0; look < times; look++) {
    clock.advance(50);
    await turn();
  }
}

test("an answer that waits for its reader is sent whole", async () => {
  const seen = arrivals();
  const clock = new ManualClock();
  const body = Buffer.alloc(24 * 1024 * 1024, "b");
  await using server = await startServer({ groups: [thingsGroup({ list: () => ({ body: () => [body] }) })], clock });
  const reader = await RawClient.connect(server.port);
  reader.socket.pause();
  reader.write(slowList);
  while (seen[0]?.response.writableEnded !== true) await turn();
  const closing = server.server.close({ drainMs: 60_000 });
  await looks(clock, 200);
  let received = 0;
  reader.socket.removeAllListeners("data").on("data", (chunk: Buffer) => (received += chunk.length));
  reader.socket.resume();
  while (server.server.connections > 0) {
    if (seen[0].response.closed) clock.advance(50);
    await turn();
  }
  await reader.closed();
  expect(received).toBeGreaterThan(body.length);
  await closing;
});

/** A client that was answered and has sent the first half of another request. */
async function halfWay(port: number): Promise<RawClient> {
  const seen = arrivals();
  const client = await RawClient.connect(port);
  client.write(get);
  await client.answer();
  client.write(get.slice(0, 20));
  while (seen[0]?.socket.bytesRead !== get.length + 20) await turn();
  return client;
}

test("a request of which a part has come is answered", async () => {
  const clock = new ManualClock();
  await using server = await startServer({ clock });
  const client = await halfWay(server.port);
  const closing = server.server.close();
  await looks(clock, 99);
  client.write(get.slice(20));
  const answer = await client.answer();
  expect([answer?.text, answer?.headers["connection"]]).toEqual(["ok", "close"]);
  await closing;
});

test.each<[string, (port: number) => Promise<RawClient>]>([
  ["nothing", (port) => RawClient.connect(port)],
  ["a part of a request", halfWay],
])("a connection on which %s has come is waited for, 5 s and no longer", async (_name, connected) => {
  const clock = new ManualClock();
  await using server = await startServer({ clock });
  const client = await connected(server.port);
  const closing = server.server.close({ drainMs: 3_600_000 });
  await looks(clock, 99);
  expect(server.server.connections).toBe(1);
  await looks(clock, 2);
  expect(await client.answer()).toBeUndefined();
  await closing;
});
