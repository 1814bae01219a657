import { expect, test } from "vitest";
import { jsonPatch, storedResource, systemClock } from "@kubemetrics/apiservice";
import { deepest, parseBoundedJson } from "../src/json-limits.ts";
import { ask, startServer } from "./test-server.ts";

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
}

test.each([
  ["as deep as allowed", nested(deepest)],
  ["brackets in texts", JSON.stringify({ a: `"\\${"[".repeat(2_000)}` })],
  ["an exponent in a text", '{"a":"1e999"}'],
])("%s is read", (_name, text) => {
  expect(parseBoundedJson(Buffer.from(text))).toEqual(JSON.parse(text));
});

test.each([
  ["one level too deep", nested(deepest + 1)],
  ["a million lists", "[".repeat(1_000_000)],
  ["a long number", `{"a":${"1".repeat(400)}}`],
  ["a large exponent", '{"a":1E999}'],
  ["half a document", '{"a":'],
])("%s is refused", (_name, text) => {
  const refusal = expect.objectContaining({ status: expect.objectContaining({ code: 400 }) });
  expect(() => parseBoundedJson(Buffer.from(text))).toThrow(refusal);
});

test("patches cannot nest step by step what one body may not", () => {
  let document: unknown = JSON.parse(nested(deepest - 1));
  const path = "/a".repeat(deepest - 1);
  document = jsonPatch(document, [{ op: "replace", path, value: { a: 1 } }]);
  expect(() => jsonPatch(document, [{ op: "replace", path: `${path}/a`, value: { a: 1 } }])).toThrow("levels deep");
});

test("hostile objects are refused when they are written, so that lists go on working", async () => {
  const resource = storedResource({
    group: "g.io",
    version: "v1",
    name: "things",
    singularName: "thing",
    kind: "Thing",
    namespaced: true,
    clock: systemClock,
    newUid: () => "u",
  });
  await using server = await startServer({
    groups: [{ name: "g.io", versions: [{ version: "v1", resources: [resource] }] }],
  });
  const things = "/apis/g.io/v1/namespaces/n/things";
  const post = async (rest: string): Promise<number> =>
    (await ask(server.port, things, { method: "POST", body: `{"metadata":{"name":"a"},"x":${rest}}` })).status;
  expect([await post(nested(9_000)), await post("1".repeat(400)), await post("1")]).toEqual([400, 400, 201]);
  expect((await ask(server.port, things)).status).toBe(200);
  const longName = await ask(server.port, things, {
    method: "POST",
    body: JSON.stringify({ metadata: { name: "A".repeat(100_000) } }),
  });
  expect([longName.status, longName.body.length < 5_000]).toEqual([422, true]);
});

test("a path that is too long is not echoed", async () => {
  await using server = await startServer();
  expect(await ask(server.port, `/${"<&>".repeat(100_000)}`)).toMatchObject({
    status: 414,
    text: "the path of the request is too long\n",
  });
});
