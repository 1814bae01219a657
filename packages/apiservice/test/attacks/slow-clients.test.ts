import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { arrivals } from "../arrivals.ts";
import { RawClient } from "../test-server.ts";
import { jsonAnswer } from "../things.ts";
import { AttackedServer, bob, thing, things, type AttackedServerOptions } from "./attacked-server.ts";

const segment = Buffer.alloc(1 << 20, "x");
const segments = 24;

function start(options: AttackedServerOptions = {}): Promise<AttackedServer> {
  return AttackedServer.start({
    resource: {
      create: (_request, { value }) => jsonAnswer(value, 201),
      list: () => ({ body: () => Array.from({ length: segments }, () => segment) }),
    },
    ...options,
  });
}

async function tcp(server: AttackedServer): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

function closed(socket: Socket): Promise<unknown> {
  socket.resume();
  return new Promise((resolve) => socket.once("close", resolve));
}

describe("a client that takes its time is cut off while others are served:", () => {
  test.each<[string, (server: AttackedServer) => Promise<Attack>]>([
    [
      "before the handshake",
      async (server) => {
        const socket = await tcp(server);
        return { end: closed(socket) };
      },
    ],
    [
      "in the handshake",
      async (server) => {
        const socket = await tcp(server);
        socket.write(Buffer.from("1603010200010001fc0303", "hex"));
        return { end: closed(socket) };
      },
    ],
    [
      "before the request",
      async (server) => {
        const client = await server.connect(bob);
        return { end: client.closed() };
      },
    ],
    [
      "in the request line",
      async (server) => {
        const client = await server.connect(bob);
        client.write("GET /apis/g.io/v1/names");
        return { end: client.closed() };
      },
    ],
    [
      "in the header lines, sending some more again and again",
      async (server) => {
        const client = await server.connect(bob);
        client.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\n`);
        const drip = setInterval(() => client.write("X-More: y\r\n"), 20);
        return { end: client.closed().finally(() => clearInterval(drip)) };
      },
    ],
    [
      "in the header lines of a second request",
      async (server) => {
        const client = await server.connect(bob);
        client.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\n\r\n`);
        await client.answer();
        client.write(`GET ${thing} HTTP/1.1\r\nHost:`);
        return { end: client.closed() };
      },
    ],
  ])("%s", async (_name, attack) => {
    await using server = await start({ limits: { headersTimeoutMs: 120 } });
    const { end } = await attack(server);
    server.handled.length = 0;
    expect(await server.caller(bob)).toBe("bob devs,system:authenticated");
    await end;
    expect(server.handled).toHaveLength(1);
  });
});

/** A slow client, and when the server had enough of it. */
interface Attack {
  readonly end: Promise<unknown>;
}

test("a body that does not come is waited for until the deadline, and its place is given back", async () => {
  await using server = await start({ limits: { maxMutatingRequestsInFlight: 1 } });
  const slow = await server.connect(bob);
  slow.write(`POST ${things} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"slow":`);
  while (server.accessReviews.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const other = (): Promise<number> =>
    server.ask(things, { method: "POST", body: "{}", client: bob }).then(({ status }) => status);
  expect(await other()).toBe(429);
  server.clock.advance(60_000);
  expect((await slow.answer())?.status).toBe(504);
  await slow.closed();
  expect(await other()).toBe(201);
});

test("a body that ends early is no request", async () => {
  let created = 0;
  await using server = await start({ resource: { create: () => jsonAnswer({ created: ++created }, 201) } });
  const client = await server.connect(bob);
  client.write(`POST ${things} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{}`);
  while (server.accessReviews.length === 0) await new Promise((resolve) => setImmediate(resolve));
  client.end();
  while (server.running.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  expect([created, (await server.ask("/healthz")).status]).toEqual([0, 200]);
});

test.each<[string, (client: RawClient) => unknown]>([
  ["does not read its answer", () => undefined],
  ["says that it has nothing more to ask and does not read its answer", ({ socket }) => socket.end()],
  ["goes on in no HTTP and does not read its answer", (client) => client.write("\0\0 nonsense\r\n\r\n")],
])("a client that %s is cut off, and its place is given back", async (_name, goOn) => {
  const seen = arrivals();
  await using server = await start({ limits: { maxRequestsInFlight: 1 } });
  const deaf = await server.connect(bob);
  deaf.socket.pause();
  deaf.write(`GET ${things} HTTP/1.1\r\nHost: x\r\n\r\n`);
  while (seen[0]?.response.headersSent !== true) await new Promise((resolve) => setImmediate(resolve));
  goOn(deaf);
  expect((await server.ask(thing, { client: bob })).status).toBe(429);
  for (let seconds = 0; seconds < 90; seconds += 10) server.clock.advance(10_000);
  while (server.running.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  expect((await server.ask(thing, { client: bob })).status).toBe(200);
  deaf.end();
});

test("a client that reads 64 kB each second gets its answer whole", async () => {
  await using server = await start();
  const { socket } = await server.connect(bob);
  let received = 0;
  const whole = Promise.withResolvers<void>();
  socket.removeAllListeners("data").on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received >= segments * segment.length) whole.resolve();
    server.clock.advance(chunk.length / 64);
  });
  socket.once("close", () => whole.resolve());
  socket.write(`GET ${things} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await whole.promise;
  expect(received).toBeGreaterThan(segments * segment.length);
  socket.destroy();
});

test("a connection without a request is kept beyond the 90 s for which kube-aggregator pools it", async () => {
  await using server = await start();
  const { headers } = await server.connect(bob).then(async (client: RawClient) => {
    client.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const answer = await client.answer();
    client.end();
    return answer ?? { headers: {} as Record<string, string> };
  });
  expect(Number(/timeout=(\d+)/.exec(headers["keep-alive"] ?? "")?.[1])).toBeGreaterThan(90);
});
