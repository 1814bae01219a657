import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RawClient } from "../test-server.ts";
import { jsonAnswer } from "../things.ts";
import { AttackedServer, callerOf, proxy, thing, things, type Handled } from "./attacked-server.ts";

let server: AttackedServer;
beforeAll(async () => {
  server = await AttackedServer.start({ resource: { create: (_request, { value }) => jsonAnswer(value, 201) } });
});
beforeEach(() => {
  server.handled.length = 0;
  server.accessReviews.length = 0;
  server.clock.advance(60_000);
  server.accessReview = async () => ({ allowed: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const hidden = `GET ${thing} HTTP/1.1\r\nHost: x\r\nX-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n\r\n`;

/** Everything the server says until it closes or has nothing more to say, as statuses. */
async function statuses(client: RawClient): Promise<readonly (number | undefined)[]> {
  const seen: (number | undefined)[] = [];
  for (let answer = await client.answer(); ; answer = await client.answer()) {
    if (answer === undefined) return seen;
    seen.push(answer.status);
    if (answer.headers["connection"] === "close") return seen;
  }
}

describe("a request whose end two readers may see at two places is refused and its connection closed:", () => {
  test.each<[string, string]>([
    ["two lengths", `Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n`],
    ["two lengths in one line", `Content-Length: 0, ${hidden.length}\r\n\r\n`],
    ["a length with a sign", "Content-Length: +0\r\n\r\n"],
    ["a length in hexadecimal", "Content-Length: 0x0\r\n\r\n"],
    ["a length with a space inside", "Content-Length: 1 0\r\n\r\n"],
    ["a length beyond all numbers", "Content-Length: 18446744073709551616\r\n\r\n"],
    ["a length and chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"],
    ["a coding before chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
    ["a coding after chunked", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"],
    ["a coding in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"],
    ["chunked with a vertical tab", "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"],
    ["chunked in quotes", 'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n'],
    ["an unknown coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["no coding", "Transfer-Encoding:\r\n\r\n0\r\n\r\n"],
    ["a length with a space before the colon", "Content-Length : 4\r\n\r\n"],
    ["a coding on a folded line", "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"],
    ["a bare line feed", "Transfer-Encoding: chunked\nX: y\r\n\r\n0\r\n\r\n"],
    ["a chunk size in another notation", "Transfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n"],
    ["a negative chunk size", "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n0\r\n\r\n"],
    ["a chunk size beyond all numbers", "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabcd\r\n0\r\n\r\n"],
    ["a chunk without its end", "Transfer-Encoding: chunked\r\n\r\n4\r\nabcdGET / HTTP/1.1\r\n\r\n0\r\n\r\n"],
    ["no host", "Drop-Host: 1\r\n\r\n"],
    ["two hosts", "Host: y\r\n\r\n"],
    ["a coding nobody knows, and no chunks", "Transfer-Encoding: xchunked\r\n\r\n"],
    ["chunks in HTTP/1.0", "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ])("%s", async (name, rest) => {
    const client = await server.connect(proxy);
    const host = name === "no host" ? "" : "Host: x\r\n";
    const version = name === "chunks in HTTP/1.0" ? "1.0" : "1.1";
    client.write(`POST ${things} HTTP/${version}\r\n${host}X-Remote-User: u\r\n${rest}${hidden}`);
    expect((await statuses(client)).filter((status) => status !== 400 && status !== 405)).toEqual([]);
    await client.closed();
    expect(server.handled).toEqual([]);
  });

  test.each<[string, string]>([
    ["no version", `GET ${thing}\r\n\r\n`],
    ["another protocol", `GET ${thing} GOPHER/1.0\r\nHost: x\r\n\r\n`],
    ["a version of the future", `GET ${thing} HTTP/2.0\r\nHost: x\r\n\r\n`],
    ["a tab", `GET\t${thing} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a fourth word", `GET ${thing} x HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a method in lower case", `get ${thing} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a method nobody knows", `GETT ${thing} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a NUL in the target", `GET ${thing}\0 HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a TLS record in TLS", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"],
    ["SSH", "SSH-2.0-OpenSSH_9.0\r\n\r\n"],
  ])("%s on the request line", async (_name, bytes) => {
    const client = await server.connect(proxy);
    client.write(`${bytes}${hidden}`);
    expect((await statuses(client)).filter((status) => status !== 400)).toEqual([]);
    await client.closed();
    expect([server.accessReviews, server.handled]).toEqual([[], []]);
  });
});

test("megabytes of chunk extensions are not waited for", async () => {
  const client = await server.connect(proxy);
  client.write(`POST ${things} HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\nTransfer-Encoding: chunked\r\n\r\n1`);
  for (let at = 0; at < 40; at++) client.write(`;${"x".repeat(1023)}`);
  await client.closed();
  expect(server.handled).toEqual([]);
});

test("what follows the body of a request is a request of its own, judged by itself", async () => {
  const client = await server.connect(proxy);
  const body = `GET ${thing} HTTP/1.1\r\nX-Remote-User: admin\r\n\r\n`;
  const second = `GET ${thing} HTTP/1.1\r\nHost: x\r\n\r\n`;
  client.write(
    `GET ${thing} HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\nContent-Length: ${body.length}\r\n\r\n${body}${second}`,
  );
  expect([callerOf(await client.answer()), callerOf(await client.answer())]).toEqual(["u system:authenticated", "401"]);
  client.end();
});

test("requests sent without waiting are answered in order, each as its own user, however long each takes", async () => {
  const waiting: (() => void)[] = [];
  const first = Promise.withResolvers<void>();
  server.accessReview = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    if (waiting.length === 20) first.resolve();
    await promise;
    return { allowed: true };
  };
  const client = await server.connect(proxy);
  const users = Array.from({ length: 20 }, (_, at) => `user-${at}`);
  for (const user of users) client.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\nX-Remote-User: ${user}\r\n\r\n`);
  await first.promise;
  for (const release of waiting.toReversed()) {
    release();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const seen: string[] = [];
  for (const _ of users) seen.push((JSON.parse((await client.answer())?.text ?? "{}") as Handled).user);
  expect(seen).toEqual(users);
  client.end();
});

describe("what cannot be read is no answer to a request before it that waits:", () => {
  test.each<[string, string]>([
    ["bytes that are no request", "\0\0\r\n\r\n"],
    [
      "header lines that do not end",
      `GET ${thing} HTTP/1.1\r\nHost: x\r\n${`X: ${"y".repeat(9_000)}\r\n`.repeat(130)}`,
    ],
    ["half a request, for too long", `GET ${thing} HTTP/1.1\r\nHost:`],
  ])("%s", async (_name, bytes) => {
    await using slow = await AttackedServer.start({ limits: { headersTimeoutMs: 120 } });
    const asked = Promise.withResolvers<void>();
    slow.accessReview = () => {
      asked.resolve();
      return new Promise(() => undefined);
    };
    const client = await slow.connect(proxy);
    client.write(`${request("a")}${bytes}`);
    await asked.promise;
    expect(await client.answer()).toBe(undefined);
    await client.closed();
  });

  test("and takes no answer away from those that were served", async () => {
    const client = await server.connect(proxy);
    client.write(request("a"));
    expect((await client.answer())?.status).toBe(200);
    client.write(`${request("a")}\0\0\r\n\r\n`);
    expect(await statuses(client)).toEqual([200]);
    await client.closed();
  });
});

test("a body is invited only where it is read, and never into another request's answer", async () => {
  const behind = await server.connect(proxy);
  const expecting = (target: string): string =>
    `POST ${target} HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`;
  behind.write(`${request("a")}${expecting(things)}{}`);
  expect(await statuses(behind)).toEqual([200, 201]);
  const client = await server.connect(proxy);
  client.write(expecting(things));
  expect((await client.answer())?.status).toBe(100);
  client.write("{}");
  expect((await client.answer())?.status).toBe(201);
  client.write(expecting("/nowhere"));
  expect(await client.answer()).toMatchObject({ status: 404, headers: { connection: "close" } });
  await client.closed();
});

test("an expectation that cannot be met is refused, audited like others, and the connection closed", async () => {
  const client = await server.connect(proxy);
  const expecting = `POST ${things} HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\nExpect: 200-ok\r\nContent-Length: 2\r\n\r\n{}`;
  client.write(`${request("a")}${expecting}${hidden}`);
  expect((await client.answer())?.status).toBe(200);
  const refused = await client.answer();
  expect([refused?.status, refused?.headers["connection"]]).toEqual([417, "close"]);
  expect(refused?.headers["audit-id"]).toMatch(/./);
  expect(await client.answer()).toBe(undefined);
  await client.closed();
  expect(server.handled.map(({ user }) => user)).toEqual(["a"]);
});

describe.each([
  [
    "an upgrade",
    `GET ${thing} HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`,
  ],
  ["a tunnel", "CONNECT elsewhere:443 HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\n"],
])("%s over the proxy's connection", (_name, head) => {
  test.each(["\r\n", "Content-Length: 4\r\n\r\nabcd", "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"])(
    "is answered and the connection closed; %j",
    async (rest) => {
      const client = await server.connect(proxy);
      client.write(`${head}${rest}${hidden}`);
      expect(await statuses(client)).toEqual([400]);
      await client.closed();
      expect([server.handled, server.accessReviews]).toEqual([[], []]);
    },
  );

  test("behind requests that wait ends the connection, is no answer to them, and keeps none of their places", async () => {
    const small = await AttackedServer.start({ limits: { maxRequestsInFlight: 3 } });
    const waiting = Promise.withResolvers<void>();
    let asked = 0;
    small.accessReview = () => {
      if (++asked === 3) waiting.resolve();
      return new Promise(() => undefined);
    };
    const client = await small.connect(proxy);
    client.write(`${request("a")}${request("b")}${request("c")}${head}\r\n`);
    await waiting.promise;
    expect(await client.answer()).toBe(undefined);
    while (small.running.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    small.accessReview = async () => ({ allowed: true });
    expect(await small.caller(proxy)).toBe("admin ops,system:authenticated");
    await small[Symbol.asyncDispose]();
  });
});

function request(user: string): string {
  return `GET ${thing} HTTP/1.1\r\nHost: x\r\nX-Remote-User: ${user}\r\n\r\n`;
}
