import fc from "fast-check";
import { expect, test } from "vitest";
import type { Authorizer, RequestInfo } from "@kubemetrics/authorization";
import { ask, RawClient, startServer } from "./test-server.ts";
import { thingsGroup, ThingsRecorder } from "./things.ts";

/** Remembers what was authorized. */
class Watching implements Authorizer {
  readonly asked: RequestInfo[] = [];
  authorize({ request }: { readonly request: RequestInfo }): { readonly kind: "allow"; readonly reason: "" } {
    this.asked.push(request);
    return { kind: "allow", reason: "" };
  }
}

test.each([
  ["/apis/g.io/v1/namespaces/n/things/t", 200, "n/t"],
  ["https://elsewhere/apis/g.io/v1/namespaces/n/things/t", 200, "n/t"],
  ["/%61pis/g.io/v1/namespaces/n/things/t", 200, "n/t"],
  ["/apis%2Fg.io/v1/namespaces/n%2Fthings/t", 200, "n/t"],
  ["/apis/g.io/v1/namespaces/n/things/%2e%2e", 200, "n/.."],
  ["/apis/g.io/v1/namespaces/n/things/t/", 200, "n/t"],
  ["/apis/g.io/v1/namespaces/n/things/../secrets/s", 404, ""],
  ["/apis/g.io/v1/namespaces/n/things/t/..", 404, ""],
  ["/apis/g.io/v1/watch/namespaces/n/things/t", 404, ""],
  ["/apis/g.io/v1/proxy/namespaces/n/things/t", 404, ""],
  ["//apis/g.io/v1/namespaces/n/things/t", 404, ""],
  ["/apis//g.io/v1/namespaces/n/things/t", 404, ""],
  ["/apis/g.io/v1//namespaces/n/things/t", 404, ""],
  ["/APIS/g.io/v1/namespaces/n/things/t", 404, ""],
  ["/apis/g.io/v1/things/t", 404, ""],
])("%s is served as what was authorized, or not at all", async (target, status, object) => {
  const authorizer = new Watching();
  const recorder = new ThingsRecorder();
  await using server = await startServer({
    groups: [thingsGroup({ get: (request) => recorder.record(request) })],
    authorizer,
  });
  expect((await ask(server.port, target)).status).toBe(status);
  expect(recorder.seen.map(({ namespace, name }) => `${namespace}/${name}`).join()).toBe(object);
  expect(
    recorder.seen.length === 0 || `${authorizer.asked[0]?.namespace}/${authorizer.asked[0]?.name}` === object,
  ).toBe(true);
});

test.each([
  ["two lengths", "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"],
  [
    "a length and chunks",
    "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /secret HTTP/1.1\r\n\r\n",
  ],
  ["a space before the colon", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"],
  ["a line folded", "X-A: b\r\n c: d\r\n\r\n"],
  ["a bare line feed", "X-A: b\nX-Remote-User: admin\r\n\r\n"],
  ["an unknown transfer coding", "Transfer-Encoding: xchunked\r\n\r\n"],
  ["a negative length", "Content-Length: -1\r\n\r\n"],
])("a request that proxies read differently is refused and its connection closed: %s", async (_name, rest) => {
  const authorizer = new Watching();
  await using server = await startServer({ authorizer });
  const client = await RawClient.connect(server.port);
  client.write(`POST /healthz HTTP/1.1\r\nHost: x\r\n${rest}`);
  const answer = await client.answer();
  expect(answer?.status ?? 400).toBe(400);
  await client.closed();
  expect(authorizer.asked.filter((info) => info.path === "/secret")).toEqual([]);
});

test("whatever is asked, the answer is well-formed and no unexpected 5xx", async () => {
  await using server = await startServer({ groups: [thingsGroup({ list: () => ({ body: () => [] }) })] });
  const piece = fc.constantFrom(
    "/",
    "apis",
    "g.io",
    "v1",
    "things",
    "namespaces",
    "n",
    "%2F",
    "%00",
    "%ff",
    "..",
    ".",
    "?",
    "&",
    "watch=1",
    "watch",
    "proxy",
    "limit=x",
    "labelSelector=%28",
    "fieldSelector=a",
    "pretty=1",
    "timeout=1x",
    "healthz",
    "openapi",
    "v3",
    "*",
    "__proto__",
    ";",
    "=",
    "%",
  );
  const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join("")}`);
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE");
  const accept = fc.constantFrom(
    "",
    "*/*",
    "text/html",
    "application/json;as=Table;g=meta.k8s.io;v=v1",
    "application/yaml",
    ";q=",
    "__proto__/constructor",
  );
  const headers = fc.constantFrom(
    "",
    "__proto__: 1\r\n",
    "constructor: 1\r\n",
    "Impersonate-User: x\r\n",
    "If-None-Match: *\r\n",
    "Audit-ID: \x01\xff\r\n",
  );
  let client = await RawClient.connect(server.port);
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(method, target, accept, headers, async (verb, path, wanted, more) => {
      client.write(`${verb} ${path} HTTP/1.1\r\nHost: x\r\nAccept: ${wanted}\r\n${more.replace("\x01", "")}\r\n`);
      const answer = await client.answer(verb === "HEAD");
      if (answer === undefined) return false;
      if (answer.headers["connection"] === "close") client = await RawClient.connect(server.port);
      statuses.add(answer.status);
      return answer.headers["audit-id"] !== undefined && (answer.status < 500 || answer.text.includes("RequestInfo"));
    }),
    { numRuns: 400 },
  );
  client.end();
  expect([...statuses].every((status) => [200, 400, 403, 404, 405, 406, 500].includes(status))).toBe(true);
});
