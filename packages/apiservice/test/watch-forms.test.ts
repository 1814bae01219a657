import { afterEach, beforeEach, expect, test } from "vitest";
import { storedResource, type TableColumns } from "@kubemetrics/apiservice";
import { ask, ManualClock, RawClient, startServer, type TestServer } from "./test-server.ts";

const path = "/apis/g.io/v1/namespaces/d/things";
const table: TableColumns = {
  columns: [
    { name: "Name", type: "string", format: "name", description: "", priority: 0 },
    { name: "Size", type: "integer", format: "", description: "", priority: 0 },
  ],
  cells: (object) => [(object["metadata"] as { name: string }).name, object["size"] as number],
};

let server: TestServer;
beforeEach(async () => {
  const things = storedResource({
    group: "g.io",
    version: "v1",
    name: "things",
    singularName: "thing",
    kind: "Thing",
    namespaced: true,
    table,
    clock: new ManualClock(),
    newUid: () => "u-1",
  });
  server = await startServer({ groups: [{ name: "g.io", versions: [{ version: "v1", resources: [things] }] }] });
});
afterEach(() => server[Symbol.asyncDispose]());

const tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const partialAccept =
  "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

interface Event {
  readonly type: string;
  readonly object: Readonly<Record<string, unknown>>;
}

async function events(accept: string, query: string, count: number): Promise<readonly Event[]> {
  const client = await RawClient.connect(server.port);
  client.write(`GET ${path}?watch=true${query} HTTP/1.1\r\nHost: x\r\nAccept: ${accept}\r\n\r\n`);
  const found = (text: string): readonly Event[] =>
    text
      .split(/\r?\n/)
      .slice(0, -1)
      .flatMap((line) => (line.startsWith('{"type"') ? [JSON.parse(line) as Event] : []));
  let read = found(await client.textWith('"type"'));
  while (read.length < count) {
    await new Promise((resolve) => setImmediate(resolve));
    read = found(await client.textWith('"type"'));
  }
  client.end();
  return read;
}

function create(name: string, more: object = {}): Promise<unknown> {
  return ask(server.port, path, { method: "POST", body: JSON.stringify({ metadata: { name, ...more }, size: 3 }) });
}

test("kubectl get --watch gets rows; columns come with the first", async () => {
  await create("a");
  await create("b");
  const [first, second] = await events(tableAccept, "", 2);
  expect([first?.type, first?.object["kind"], first?.object["metadata"]]).toEqual([
    "ADDED",
    "Table",
    { resourceVersion: "1772366400000001" },
  ]);
  expect(first?.object["columnDefinitions"]).toHaveLength(2);
  expect(first?.object["rows"]).toEqual([
    {
      cells: ["a", 3],
      object: expect.objectContaining({
        kind: "PartialObjectMetadata",
        metadata: expect.objectContaining({ name: "a" }),
      }),
    },
  ]);
  expect(second?.object["columnDefinitions"]).toBeNull();
  expect(second?.object["rows"]).toEqual([expect.objectContaining({ cells: ["b", 3] })]);
});

test("a row can carry the whole object, and an unknown wish is refused before the watch begins", async () => {
  await create("a");
  const [event] = await events(tableAccept, "&includeObject=Object", 1);
  expect(event?.object["rows"]).toEqual([
    { cells: ["a", 3], object: expect.objectContaining({ kind: "Thing", size: 3 }) },
  ]);
  const refused = await ask(server.port, `${path}?watch=true&includeObject=x`, { headers: [["Accept", tableAccept]] });
  expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("includeObject")]);
});

test("a bookmark is a row that shows nothing but its version", async () => {
  const query = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  const [bookmark] = await events(tableAccept, query, 1);
  expect([bookmark?.type, bookmark?.object["metadata"]]).toEqual(["BOOKMARK", { resourceVersion: "1772366400000000" }]);
  expect(bookmark?.object["rows"]).toEqual([expect.objectContaining({ cells: [null, null] })]);
});

test("the garbage collector watches metadata, owners and finalizers included", async () => {
  const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "1", blockOwnerDeletion: true }];
  await create("a", { ownerReferences, finalizers: ["g.io/wait"] });
  const [event] = await events(partialAccept, "", 1);
  expect(event?.object).toEqual({
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: expect.objectContaining({ name: "a", ownerReferences, finalizers: ["g.io/wait"] }),
  });
  expect(event?.object).not.toHaveProperty("size");
});

test("the table of a single object says from which version a watch goes on", async () => {
  await create("a");
  const one = await ask(server.port, `${path}/a`, { headers: [["Accept", tableAccept]] });
  expect(JSON.parse(one.text)).toMatchObject({ kind: "Table", metadata: { resourceVersion: "1772366400000001" } });
});

test("a watch as a list of metadata is refused", async () => {
  const headers = [["Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"]] as const;
  const answer = await ask(server.port, `${path}?watch=true`, { headers });
  expect([answer.status, answer.text]).toEqual([406, expect.stringContaining("PartialObjectMetadataList")]);
});
