import { expect, test } from "vitest";
import type { Authenticator } from "@kubemetrics/authentication";
import type { ResourceAnswer } from "@kubemetrics/apiservice";
import { anonymous, ask, ManualClock, masters, RawClient, startServer } from "./test-server.ts";
import { jsonAnswer, thingsGroup } from "./things.ts";

const list = "/apis/g.io/v1/namespaces/n/things";
const allowAll = { authorize: () => ({ kind: "allow", reason: "" }) as const };

function held(): {
  readonly answer: Promise<ResourceAnswer>;
  release(): void;
  readonly started: Promise<void>;
  start(): void;
} {
  const answer = Promise.withResolvers<ResourceAnswer>();
  const started = Promise.withResolvers<void>();
  return {
    answer: answer.promise,
    release: () => answer.resolve(jsonAnswer({})),
    started: started.promise,
    start: started.resolve,
  };
}

test("beyond the limit clients get 429 and come back later, system:masters does not wait", async () => {
  const slow = held();
  let calls = 0;
  const group = thingsGroup({
    list: () => {
      slow.start();
      return calls++ === 0 ? slow.answer : jsonAnswer({});
    },
  });
  const who = {
    authenticate: (request: { rawHeaders: readonly string[]; peerChain: readonly Uint8Array[] }) =>
      (request.rawHeaders.includes("X-Master") ? masters : anonymous).authenticate(request),
  };
  await using server = await startServer({
    groups: [group],
    authenticator: who,
    authorizer: allowAll,
    limits: { maxRequestsInFlight: 1 },
  });
  const first = ask(server.port, list);
  await slow.started;
  const second = await ask(server.port, list);
  expect(second).toMatchObject({ status: 429, text: "Too many requests, please try again later.\n" });
  expect(second.headers["retry-after"]).toBe("1");
  expect((await ask(server.port, list, { headers: [["X-Master", "1"]] })).status).toBe(200);
  slow.release();
  expect((await first).status).toBe(200);
  expect((await ask(server.port, list)).status).toBe(200);
});

test("a client that goes away gives its place back and its request is aborted", async () => {
  const slow = held();
  const aborted = Promise.withResolvers<void>();
  const group = thingsGroup({
    list: ({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      slow.start();
      return slow.answer;
    },
    get: () => jsonAnswer({}),
  });
  await using server = await startServer({
    groups: [group],
    authenticator: anonymous,
    authorizer: allowAll,
    limits: { maxRequestsInFlight: 1 },
  });
  const client = await RawClient.connect(server.port);
  client.write(`GET ${list} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await slow.started;
  client.end();
  await aborted.promise;
  expect((await ask(server.port, `${list}/t`)).status).toBe(200);
  slow.release();
});

test("a client that leaves while it is authenticated takes no place", async () => {
  const asked = Promise.withResolvers<void>();
  const known = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  let calls = 0;
  const slowly: Authenticator = {
    authenticate: async (request) => {
      asked.resolve();
      await known.promise;
      return anonymous.authenticate(request);
    },
  };
  await using server = await startServer({
    groups: [thingsGroup({ list: () => jsonAnswer({ calls: ++calls }) })],
    authenticator: slowly,
    authorizer: allowAll,
    limits: { maxRequestsInFlight: 1 },
    observer: ({ status }) => (status === 503 ? gone.resolve() : undefined),
  });
  const client = await RawClient.connect(server.port);
  client.write(`GET ${list} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await asked.promise;
  client.end();
  await client.closed();
  while (server.server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  known.resolve();
  await gone.promise;
  expect([(await ask(server.port, list)).status, calls]).toEqual([200, 1]);
});

test.each([
  ["the server's limit", "", 60_000],
  ["a shorter one from the query", "?timeout=5s", 5_000],
  ["no longer one from the query", "?timeout=1h", 60_000],
])("a request that does not end gets 504 after %s", async (_name, query, limitMs) => {
  const clock = new ManualClock();
  const slow = held();
  const group = thingsGroup({
    list: () => {
      slow.start();
      return slow.answer;
    },
  });
  await using server = await startServer({ groups: [group], clock });
  const answer = ask(server.port, `${list}${query}`);
  await slow.started;
  clock.advance(limitMs - 1);
  clock.advance(1);
  expect(await answer).toMatchObject({
    status: 504,
    text:
      '{"metadata":{},"status":"Failure","message":"Timeout: request did not complete within the allotted timeout",' +
      '"reason":"Timeout","details":{},"code":504}\n',
  });
  slow.release();
});

test("a slow access review is cut by the deadline and fails closed", async () => {
  const clock = new ManualClock();
  const asked = Promise.withResolvers<void>();
  const authorizer = {
    authorize: () => {
      asked.resolve();
      return new Promise<never>(() => undefined);
    },
  };
  await using server = await startServer({ groups: [thingsGroup()], clock, authorizer });
  const answer = ask(server.port, list);
  await asked.promise;
  clock.advance(60_000);
  expect((await answer).status).toBe(504);
});

test("2,000 header lines arrive whole, a megabyte of them is refused", async () => {
  let lines = 0;
  const counting = {
    authenticate: (request: { rawHeaders: readonly string[]; peerChain: readonly Uint8Array[] }) => {
      lines = request.rawHeaders.length / 2;
      return masters.authenticate(request);
    },
  };
  await using server = await startServer({ authenticator: counting });
  const many = Array.from({ length: 2000 }, (_, at): [string, string] => [`X-H-${at}`, "v"]);
  expect((await ask(server.port, "/healthz", { headers: many })).status).toBe(200);
  expect(lines).toBe(2002);
  const large = Array.from({ length: 1100 }, (_, at): [string, string] => [`X-H-${at}`, "v".repeat(1000)]);
  // The server answers 431 and closes while the client still sends, so the answer may be lost with the connection.
  const refused = await ask(server.port, "/healthz", { headers: large }).catch(() => undefined);
  expect(refused?.status ?? 431).toBe(431);
  expect(lines).toBe(2002);
});

test("a body beyond the limit is refused, whether its length is told or not", async () => {
  const group = thingsGroup({ create: (_request, body) => jsonAnswer(body.value, 201) });
  await using server = await startServer({ groups: [group], limits: { maxBodyBytes: 100 } });
  const told = await ask(server.port, list, { method: "POST", body: JSON.stringify("x".repeat(200)) });
  expect(told).toMatchObject({ status: 413 });
  expect(told.text).toContain("Request entity too large: limit is 100");
  const client = await RawClient.connect(server.port);
  client.write(`POST ${list} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (let chunk = 0; chunk < 3; chunk++) client.write(`40\r\n${"x".repeat(64)}\r\n`);
  const untold = await client.answer();
  expect([untold?.status, untold?.headers["connection"]]).toEqual([413, "close"]);
  await client.closed();
});

test("a body that nobody reads does not keep the connection", async () => {
  await using server = await startServer({ groups: [thingsGroup()] });
  const client = await RawClient.connect(server.port);
  client.write(`PUT ${list}/t HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nstart`);
  const answer = await client.answer();
  expect([answer?.status, answer?.headers["connection"]]).toEqual([405, "close"]);
  await client.closed();
});

test("many connections opened and dropped leave nothing behind", async () => {
  await using server = await startServer();
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(server.port)));
    for (const client of clients) {
      client.write("GET /healthz HTTP/1.1\r\nHo");
      client.end();
    }
  }
  expect((await ask(server.port, "/healthz")).text).toBe("ok");
  await server.server.close({ drainMs: 1000 });
});
