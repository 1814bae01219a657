import { afterAll, beforeAll, expect, test } from "vitest";
import { storedResource } from "@kubemetrics/apiservice";
import type { RawClient } from "../test-server.ts";
import { AttackedServer, bob, things } from "./attacked-server.ts";

const names = { group: "g.io", version: "v1", name: "things", singularName: "thing", kind: "Thing", namespaced: true };

let server: AttackedServer;
let connection: RawClient;
let uids = 0;
beforeAll(async () => {
  server = await AttackedServer.start({
    resource: storedResource({ ...names, clock: { now: () => 0 }, newUid: () => `uid-${++uids}` }),
  });
  connection = await server.connect(bob);
});
afterAll(async () => {
  connection.end();
  await server[Symbol.asyncDispose]();
});

const fields = [
  "annotations",
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "finalizers",
].concat(
  ["generateName", "generation", "labels", "managedFields", "name", "namespace", "ownerReferences", "resourceVersion"],
  ["selfLink", "uid", "__proto__"],
);
const values = [
  "null",
  "1",
  "-0",
  "1e300",
  "true",
  '""',
  '"x"',
  String.raw`"\ud800\u0000\u007f\u2028"`,
  "[]",
  "{}",
].concat(
  ["[null]", "[1]", "[[]]", "[{}]", '{"a":null}', '{"a":1}', '{"a":{}}', '{"":""}', String.raw`{"\ud800":"\udfff"}`],
  ['[{"uid":1,"controller":"x"}]', '{"__proto__":"x"}', '"9999999999999"', '"2026-13-99T99:99:99Z"'],
);
const forms = [
  "application/json",
  "application/yaml",
  "application/json;as=Table;g=meta.k8s.io;v=v1",
  "application/yaml;as=Table;g=meta.k8s.io;v=v1",
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  "application/yaml;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
];
const queries = ["", "includeObject=Object&pretty=1&labelSelector=!a&fieldSelector=metadata.name!%3Dx"];

async function send(method: string, target: string, headers: string, body = ""): Promise<number> {
  const length = body === "" ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  connection.write(Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${length}\r\n${body}`));
  return (await connection.answer())?.status ?? 0;
}

/** Writes one client can make must not cost another one its list: the garbage collector of the whole cluster is one. */
test.each(fields)("whatever stands in metadata.%s, everybody gets the list in every form", async (field) => {
  const [json, mergePatch] = ["Content-Type: application/json", "Content-Type: application/merge-patch+json"];
  const statuses: number[] = [];
  for (const value of values) {
    const odd = `"metadata":{"generateName":"t-","${field}":${value}},"spec":{"${field}":${value}},"${field}":${value}`;
    statuses.push(await send("POST", things, json, `{${odd}}`));
    const name = `victim-${uids}`;
    await send("POST", things, json, `{"metadata":{"name":"${name}"}}`);
    const merge = `{"metadata":{"${field}":${value}},"spec":${value}}`;
    statuses.push(await send("PATCH", `${things}/${name}`, mergePatch, merge));
    const options = `{"kind":"DeleteOptions","apiVersion":"v1","preconditions":${value},"propagationPolicy":${value},"dryRun":${value}}`;
    statuses.push(await send("DELETE", `${things}/${name}`, json, options));
  }
  for (const accept of forms) {
    for (const query of queries) {
      const status = await send("GET", `${things}?${query}`, `Accept: ${accept}`);
      expect([accept, query, status]).toEqual([accept, query, 200]);
    }
  }
  expect(statuses.filter((status) => ![200, 201, 400, 404, 409, 422].includes(status))).toEqual([]);
  await send("DELETE", things, json);
});
