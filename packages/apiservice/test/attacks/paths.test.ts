import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ResourceRequest } from "@kubemetrics/apiservice";
import type { RawClient } from "../test-server.ts";
import { jsonAnswer } from "../things.ts";
import { AttackedServer, bob, things } from "./attacked-server.ts";

/** `verb namespace/name` as the handler knows it. */
const served: string[] = [];

function serving(verb: string) {
  return ({ namespace, name, info }: ResourceRequest): ReturnType<typeof jsonAnswer> => {
    const chosen = verb === "list" ? info.name : (name ?? "");
    served.push(`${verb} ${namespace ?? ""}/${chosen} ${info.subresource}`);
    return jsonAnswer({});
  };
}

let server: AttackedServer;
let connection: RawClient;
beforeAll(async () => {
  server = await AttackedServer.start({
    resource: {
      get: serving("get"),
      list: serving("list"),
      create: serving("create"),
      update: serving("update"),
      delete: serving("delete"),
      deleteCollection: serving("deletecollection"),
    },
  });
  connection = await server.connect(bob);
});
beforeEach(() => {
  served.length = 0;
  server.accessReviews.length = 0;
});
afterAll(async () => {
  connection.end();
  await server[Symbol.asyncDispose]();
});

/** What was asked of kube-apiserver, in the same words. */
function authorized(): readonly string[] {
  return server.accessReviews.map(
    ({ resourceAttributes: asked }) =>
      `${asked?.verb} ${asked?.namespace ?? ""}/${asked?.name ?? ""} ${asked?.subresource ?? ""}`,
  );
}

async function send(method: string, target: string, headers = ""): Promise<number | undefined> {
  connection.write(`${method} ${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  const answer = await connection.answer(method === "HEAD");
  if (answer === undefined || answer.headers["connection"] === "close") {
    connection.end();
    connection = await server.connect(bob);
  }
  return answer?.status;
}

const pieces = ["/", "//", "/..", "/.", "%2f", "%2F..", "/%74", "/t", "/status", "%00", "%3f", "%25", "%252f"].concat([
  "\\",
  ";",
  "/namespaces",
  "/things",
  "/watch",
  "/proxy",
  "/%c0%ae%c0%ae",
  "/apis/g.io/v1",
  "%ff",
]);
const queries = ["", "?", "?watch=0", "?watch", "?name=other", "?/apis/other", "?limit=x"].concat(
  ["?fieldSelector=metadata.name=a", "?fieldSelector=metadata.name=a;"],
  ["?fieldSelector=metadata.name%3Da&fieldSelector=metadata.name%3Db"],
);

test("whatever path is asked for, what is served is what was authorized", async () => {
  const head = fc.constantFrom(
    "/apis/g.io/v1/namespaces/n/things",
    "/apis/g.io/v1/namespaces/n/things/t",
    "/apis/g.io/v1/things",
    "/%61pis/g.io%2fv1/namespaces/%6e/things",
    "https://x@other:1/apis/g.io/v1/namespaces/n/things",
    "/apis/g.io/v1",
    "",
  );
  const piece = fc.constantFrom(...pieces);
  const query = fc.constantFrom(...queries);
  const method = fc.constantFrom("GET", "GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS");
  const target = fc
    .tuple(head, fc.array(piece, { maxLength: 3 }), query)
    .map(([first, rest, last]) => `${first}${rest.join("")}${last}`);
  let reached = 0;
  await fc.assert(
    fc.asyncProperty(method, target, async (verb, path) => {
      served.length = 0;
      server.accessReviews.length = 0;
      server.clock.advance(20_000);
      await send(verb, path === "" || path.startsWith("?") ? `/${path}` : path);
      reached += served.length;
      expect(served.length === 0 ? [] : authorized()).toEqual(served);
    }),
    { numRuns: 600 },
  );
  expect(reached).toBeGreaterThan(50);
});

describe("another path or method than that of the request line counts for nothing:", () => {
  test.each([
    "X-HTTP-Method-Override: DELETE",
    "X-Method-Override: DELETE",
    "X-Original-URL: /apis/g.io/v1/namespaces/secret/things/s",
    "X-Rewrite-URL: /apis/g.io/v1/namespaces/secret/things/s",
    "X-Forwarded-Prefix: /apis/g.io/v1/namespaces/secret/things/s",
    "X-Forwarded-Uri: /secret",
    "Host: x/apis/g.io/v1/namespaces/secret/things/s?",
  ])("%s", async (header) => {
    const host = header.startsWith("Host") ? "" : "Host: x\r\n";
    connection.write(`GET ${things}/t HTTP/1.1\r\n${host}${header}\r\n\r\n`);
    expect((await connection.answer())?.status).toBe(200);
    expect(served).toEqual(["get n/t "]);
  });
});

describe("no answer sends the client or the aggregator elsewhere:", () => {
  test.each([
    ["a slash too many", `${things}/`],
    ["slashes too many", "/apis//g.io"],
    ["a path that looks like a host", "//evil.example/apis"],
    ["a path that looks like a host, encoded", "/%2f%2fevil.example"],
    ["a path with a back slash", "/\\evil.example"],
    ["a stale OpenAPI hash", "/openapi/v3/apis/g.io/v1?hash=stale"],
    ["an absolute target", "http://evil.example/apis/"],
    ["the root", "/"],
  ])("%s", async (_name, target) => {
    const answer = await server.ask(target, {
      client: bob,
      headers: [
        ["Origin", "https://evil.example"],
        ["X-Forwarded-Host", "evil.example"],
      ],
    });
    expect([Math.floor(answer.status / 100) === 3, answer.headers["location"]]).toEqual([false, undefined]);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(answer.text).not.toContain("evil.example/");
  });
});

describe("no host and target together make a URL that ends the process:", () => {
  const hosts = ["x.1", "1.2.3.4.5", "[::g]", "a b", "a%", "\xff", "x:99999999", "", "/", "#", "_invalid_", "xn--a"];
  const targets = [
    "/\\",
    "/a\\b?\xff",
    "/..//.",
    "/?'\"<>",
    "http://x.1/\\",
    "http://[::g]/",
    "*",
    "//x.1/\\",
    "/%",
    "/\t",
  ];
  test.each(hosts)("%j", async (host) => {
    for (const target of targets) {
      const client = await server.connect(bob);
      client.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Host: ${host}\r\n\r\n`);
      const answer = await client.answer();
      expect([target, [200, 400, 404].includes(answer?.status ?? 0) ? "" : answer?.status]).toEqual([target, ""]);
      client.end();
    }
  });
});

test("the metrics page is served to those who may, and to nobody else", async () => {
  await using measured = await AttackedServer.start({
    metrics: () => ({ contentType: "text/plain", body: "secret 1\n" }),
  });
  measured.accessReview = async ({ user, nonResourceAttributes: asked }) => ({
    allowed: user === "bob" && asked?.path === "/metrics" && asked.verb === "get",
  });
  const answers = [await measured.ask("/metrics"), await measured.ask("/metrics", { client: bob })];
  expect(answers.map(({ status, text }) => [status, text.includes("secret")])).toEqual([
    [403, false],
    [200, true],
  ]);
});

test("profiles and debug pages are not there, for nobody and for those who may", async () => {
  server.accessReview = async ({ user }) => ({ allowed: user === "bob" });
  server.clock.advance(20_000);
  for (const target of [
    "/debug/pprof/",
    "/debug/pprof/heap",
    "/debug/flags/v",
    "/logs",
    "/configz",
    "/metrics",
    "/healthz/../metrics",
    "/livez/%2e%2e/metrics",
  ]) {
    expect([target, (await server.ask(target)).status, (await server.ask(target, { client: bob })).status]).toEqual([
      target,
      403,
      404,
    ]);
  }
  server.accessReview = async () => ({ allowed: true });
});
