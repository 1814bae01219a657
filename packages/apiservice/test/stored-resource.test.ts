import { afterAll, beforeEach, expect, test } from "vitest";
import { storedResource, type ExtensionServer, type JsonObject } from "@kubemetrics/apiservice";
import { ask, ManualClock, RawClient, startServer, type Answer, type TestServer } from "./test-server.ts";

const base = "/apis/wardle.example.com/v1alpha1";
const flunders = `${base}/namespaces/default/flunders`;
let clock = new ManualClock();

let server: TestServer;
let uids = 0;

function start(): Promise<TestServer> {
  const resource = storedResource({
    group: "wardle.example.com",
    version: "v1alpha1",
    name: "flunders",
    singularName: "flunder",
    kind: "Flunder",
    namespaced: true,
    shortNames: ["fl"],
    clock,
    newUid: () => `uid-${++uids}`,
    validate: (object) =>
      object["size"] === -1
        ? [{ type: "FieldValueInvalid", field: "size", value: -1, detail: "must be positive" }]
        : [],
  });
  return startServer({
    groups: [{ name: "wardle.example.com", versions: [{ version: "v1alpha1", resources: [resource] }] }],
    clock,
  });
}

beforeEach(async () => {
  await server?.[Symbol.asyncDispose]();
  clock = new ManualClock();
  server = await start();
});
afterAll(() => server[Symbol.asyncDispose]());

function send(method: string, target: string, body?: unknown, contentType?: string): Promise<Answer> {
  const headers: [string, string][] = contentType === undefined ? [] : [["Content-Type", contentType]];
  return ask(server.port, target, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

function flunder(name: string, labels: Record<string, string> = {}, rest: JsonObject = {}): JsonObject {
  return { apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder", metadata: { name, labels }, ...rest };
}

interface Shown {
  readonly kind: string;
  readonly message: string;
  readonly size?: number;
  readonly metadata: { readonly name: string; readonly generation?: number; readonly resourceVersion: string };
  readonly items: readonly Shown[];
  readonly columnDefinitions: readonly { readonly name: string }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

function json(answer: Answer): Shown {
  return JSON.parse(answer.text) as Shown;
}

test("an object is created, read, listed and deleted", async () => {
  const created = await send("POST", flunders, flunder("a", { color: "red" }, { size: 3 }));
  expect([created.status, created.text]).toEqual([
    201,
    '{"kind":"Flunder","apiVersion":"wardle.example.com/v1alpha1","metadata":{"name":"a","labels":{"color":"red"},"uid":"uid-' +
      `${uids}","generation":1,"creationTimestamp":"2026-03-01T12:00:00Z","namespace":"default","resourceVersion":"1772366400000001"},"size":3}\n`,
  ]);
  expect((await send("GET", `${flunders}/a`)).text).toBe(created.text);
  const list = json(await send("GET", `${base}/flunders`));
  expect([list.kind, list.metadata, list.items.length, list.items[0]?.kind]).toEqual([
    "FlunderList",
    { resourceVersion: "1772366400000001" },
    1,
    undefined,
  ]);
  expect(json(await send("DELETE", `${flunders}/a`))).toMatchObject({
    kind: "Status",
    status: "Success",
    details: { name: "a" },
  });
  expect(json(await send("GET", `${flunders}/a`)).message).toBe('flunders.wardle.example.com "a" not found');
});

test.each([
  ["a name that exists", "POST", flunders, flunder("a"), 409, 'flunders.wardle.example.com "a" already exists'],
  ["a wrong kind", "POST", flunders, { ...flunder("b"), kind: "Pod" }, 400, "cannot be handled as a Flunder"],
  [
    "another namespace",
    "POST",
    flunders,
    { metadata: { name: "b", namespace: "x" } },
    400,
    "does not match the namespace",
  ],
  ["no name", "POST", flunders, { metadata: {} }, 422, "metadata.name: Required value"],
  ["a bad name", "POST", flunders, flunder("A_b"), 422, 'metadata.name: Invalid value: "A_b"'],
  [
    "what the resource refuses",
    "POST",
    flunders,
    flunder("b", {}, { size: -1 }),
    422,
    "size: Invalid value: -1: must be positive",
  ],
  ["a list for an object", "POST", flunders, [], 400, "not an object"],
  ["another name than the path's", "PUT", `${flunders}/a`, flunder("b"), 400, "does not match the name on the URL"],
  [
    "an old version",
    "PUT",
    `${flunders}/a`,
    { metadata: { name: "a", resourceVersion: "9" } },
    409,
    "the object has been modified",
  ],
  ["an object that is not there", "PUT", `${flunders}/z`, flunder("z"), 404, "not found"],
  ["a create for all namespaces", "POST", `${base}/flunders`, flunder("b"), 405, "does not allow this method"],
  [
    "an unknown field in a selector",
    "GET",
    `${flunders}?fieldSelector=spec.x%3D1`,
    undefined,
    400,
    '"spec.x" is not a known field selector',
  ],
])("%s is refused", async (_name, method, target, body, status, message) => {
  await send("POST", flunders, flunder("a"));
  const answer = await send(method, target, body);
  expect([answer.status, json(answer).message.includes(message)]).toEqual([status, true]);
});

test.each([
  ["application/merge-patch+json", { size: 2, metadata: { labels: { color: null, shape: "round" } } }, 200],
  [
    "application/json-patch+json",
    [
      { op: "add", path: "/size", value: 2 },
      { op: "move", from: "/metadata/labels/color", path: "/metadata/labels/shape" },
    ],
    200,
  ],
  ["application/strategic-merge-patch+json", { size: 2 }, 415],
  ["application/apply-patch+yaml", { size: 2 }, 415],
  ["application/json", { size: 2 }, 415],
  ["application/json-patch+json", [{ op: "test", path: "/size", value: 7 }], 422],
  ["application/json-patch+json", [{ op: "remove", path: "/nothing/here" }], 422],
  ["application/json-patch+json", { size: 2 }, 400],
])("a patch of type %s with %j is answered %i", async (type, patch, status) => {
  await send("POST", flunders, flunder("a", { color: "red" }));
  const answer = await send("PATCH", `${flunders}/a`, patch, type);
  expect(answer.status).toBe(status);
  const now = json(await send("GET", `${flunders}/a`));
  expect([now.size, now.metadata.generation]).toEqual(status === 200 ? [2, 2] : [undefined, 1]);
});

test("keys such as __proto__ are stored and patched as ordinary keys", async () => {
  const body = '{"metadata":{"name":"a"},"__proto__":{"x":1}}';
  await ask(server.port, flunders, { method: "POST", body });
  await ask(server.port, `${flunders}/a`, {
    method: "PATCH",
    body: '{"constructor":{"prototype":{"y":2}},"__proto__":{"z":3}}',
    headers: [["Content-Type", "application/merge-patch+json"]],
  });
  expect((await send("GET", `${flunders}/a`)).text).toContain(
    '"__proto__":{"x":1,"z":3},"constructor":{"prototype":{"y":2}}',
  );
  expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
});

test("a dry run checks everything and changes nothing", async () => {
  expect((await send("POST", `${flunders}?dryRun=All`, flunder("a"))).status).toBe(201);
  expect((await send("GET", `${flunders}/a`)).status).toBe(404);
  expect((await send("POST", `${flunders}?dryRun=Some`, flunder("a"))).status).toBe(422);
});

test("a collection is deleted by its labels", async () => {
  await send("POST", flunders, flunder("a", { color: "red" }));
  await send("POST", flunders, flunder("b", { color: "blue" }));
  const deleted = json(await send("DELETE", `${flunders}?labelSelector=color%3Dred`));
  expect(deleted.items.map((item) => item.metadata.name)).toEqual(["a"]);
  expect(json(await send("GET", flunders)).items.map((item) => item.metadata.name)).toEqual(["b"]);
});

test("kubectl's table shows name and creation time", async () => {
  await send("POST", flunders, flunder("a"));
  const accept: [string, string] = ["Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"];
  const table = json(await ask(server.port, flunders, { headers: [accept] }));
  expect([table.columnDefinitions.map((column) => column.name), table.rows[0]?.cells]).toEqual([
    ["Name", "Created At"],
    ["a", "2026-03-01T12:00:00Z"],
  ]);
});

test("an Accept that names only protobuf is refused in a form the client may read", async () => {
  const answer = await ask(server.port, flunders, { headers: [["Accept", "application/vnd.kubernetes.protobuf"]] });
  expect([answer.status, answer.headers["content-type"]]).toEqual([406, "application/json"]);
});

class Watcher {
  readonly #client: RawClient;
  #taken = 0;

  constructor(client: RawClient) {
    this.#client = client;
  }

  static async start(
    query: string,
    target: { readonly server: ExtensionServer; readonly port: number } = server,
  ): Promise<Watcher> {
    const client = await RawClient.connect(target.port);
    client.write(`GET ${flunders}?watch=true${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.textWith("\r\n\r\n");
    return new Watcher(client);
  }

  async next(count: number): Promise<readonly string[]> {
    for (;;) {
      const text = await this.#client.textWith('"type"');
      const lines = text.split(/\r?\n/).filter((line) => line.startsWith('{"type"'));
      if (lines.length >= this.#taken + count) {
        const wanted = lines.slice(this.#taken, this.#taken + count);
        this.#taken += count;
        return wanted.map((line) => {
          const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: Partial<Shown> };
          return `${type} ${object.metadata?.name ?? object.message ?? ""}`;
        });
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get client(): RawClient {
    return this.#client;
  }
}

test("a watch tells what is there and then what changes, as its selector sees it", async () => {
  await send("POST", flunders, flunder("a", { color: "red" }));
  const watcher = await Watcher.start("&labelSelector=color%3Dred");
  expect(await watcher.next(1)).toEqual(["ADDED a"]);
  await send("POST", flunders, flunder("b", { color: "blue" }));
  await send("PATCH", `${flunders}/b`, { metadata: { labels: { color: "red" } } }, "application/merge-patch+json");
  await send("PATCH", `${flunders}/b`, { size: 1 }, "application/merge-patch+json");
  await send("PATCH", `${flunders}/b`, { metadata: { labels: { color: "blue" } } }, "application/merge-patch+json");
  await send("DELETE", `${flunders}/a`);
  expect(await watcher.next(4)).toEqual(["ADDED b", "MODIFIED b", "DELETED b", "DELETED a"]);
  watcher.client.end();
});

test("a watch from a version gets what happened since, and 410 when that is forgotten or unknown", async () => {
  await send("POST", flunders, flunder("a"));
  await send("DELETE", `${flunders}/a`);
  const watcher = await Watcher.start("&resourceVersion=1772366400000001");
  expect(await watcher.next(1)).toEqual(["DELETED a"]);
  watcher.client.end();
  const future = await send("GET", `${flunders}?watch=true&resourceVersion=1772366400000003`);
  expect([future.status, json(future).message.includes("in the future")]).toEqual([410, true]);
});

test.each([0, 2, 3, 5])("a watch from before a restart is told to list anew, %d changes after it", async (changes) => {
  for (const name of ["a", "b", "c"]) await send("POST", flunders, flunder(name));
  const { resourceVersion } = json(await send("GET", flunders)).metadata;
  await server[Symbol.asyncDispose]();
  clock.advance(1);
  server = await start();
  for (let at = 0; at < changes; at++) await send("POST", flunders, flunder(`x-${at}`));
  const watcher = await Watcher.start(`&resourceVersion=${resourceVersion}`);
  const answer = await watcher.client.textWith("HTTP");
  expect([answer.split("\r\n")[0], answer.includes("too old resource version")]).toEqual(["HTTP/1.1 410 Gone", true]);
  watcher.client.end();
});

test("a watch goes on from a list before the first change, and begins with everything without a version or with 0", async () => {
  const { resourceVersion } = json(await send("GET", flunders)).metadata;
  await send("POST", flunders, flunder("a"));
  await send("PATCH", `${flunders}/a`, { size: 1 }, "application/merge-patch+json");
  const expected = [
    [`&resourceVersion=${resourceVersion}`, ["ADDED a", "MODIFIED a"]],
    ["&resourceVersion=0", ["ADDED a"]],
    ["&resourceVersion=", ["ADDED a"]],
  ] as const;
  for (const [query, events] of expected) {
    const watcher = await Watcher.start(query);
    expect(await watcher.next(events.length)).toEqual(events);
    watcher.client.end();
  }
});

test("a watch ends after its time, and when the server goes", async () => {
  const timed = await Watcher.start("&timeoutSeconds=5");
  const open = await Watcher.start("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
  expect(await open.next(1)).toEqual(["BOOKMARK "]);
  clock.advance(5_000);
  await timed.client.textWith("0\r\n\r\n");
  const closing = server.server.close();
  await open.client.textWith("0\r\n\r\n");
  clock.advance(60_000);
  await closing;
});
