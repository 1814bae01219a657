import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storedResource, type KindSchema } from "@kubemetrics/apiservice";
import type { Answer } from "../test-server.ts";
import { AttackedServer, bob, things } from "./attacked-server.ts";

const names = { group: "g.io", version: "v1", name: "things", singularName: "thing", kind: "Thing", namespaced: true };
const schema: KindSchema = {
  description: "",
  properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
};

let server: AttackedServer;
beforeAll(async () => {
  let uids = 0;
  const clock = { now: () => 0 };
  server = await AttackedServer.start({
    resource: storedResource({ ...names, schema, clock, newUid: () => `uid-${++uids}` }),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

/** `"a0":1,"a1":1`, more than a megabyte. */
const manyFields = Array.from({ length: 100_000 }, (_, at) => `"a${at}":1`).join();

async function create(query: string, metadata: string, rest: string): Promise<Answer & { readonly cpuMs: number }> {
  const body = `{"kind":"Thing","apiVersion":"g.io/v1","metadata":{"generateName":"t-"${metadata}}${rest}}`;
  const before = process.cpuUsage();
  const answer = await server.ask(`${things}?${query}`, { method: "POST", body, client: bob });
  const { user, system } = process.cpuUsage(before);
  return { ...answer, cpuMs: (user + system) / 1000 };
}

describe("100,000 fields that are wrong are told in few words, and soon:", () => {
  test.each<[string, string, string, string, number]>([
    ["unknown, with warnings", "", "", `,"spec":{${manyFields}}`, 201],
    ["unknown, silently", "fieldValidation=Ignore", "", `,"spec":{${manyFields}}`, 201],
    ["unknown, strictly", "fieldValidation=Strict", "", `,"spec":{${manyFields}}`, 400],
    ["of the wrong type", "", `,"labels":{${manyFields}}`, "", 422],
  ])("%s", async (_name, query, metadata, rest, status) => {
    const answer = await create(query, metadata, rest);
    expect([answer.status, answer.cpuMs < 2000 ? "soon" : answer.cpuMs]).toEqual([status, "soon"]);
    expect(answer.text.length).toBeLessThan(100_000);
    expect((answer.headers["warning"] ?? "").length).toBeLessThan(16 * 300);
  });
});

test("what is told first is told whole", async () => {
  const fields = Array.from({ length: 101 }, (_, at) => `"f${at}":1`).join();
  const strict = await create("fieldValidation=Strict", "", `,"spec":{${fields}}`);
  expect(strict.text).toContain(String.raw`unknown field \"spec.f0\", unknown field \"spec.f1\"`);
  expect(strict.text).toContain(String.raw`unknown field \"spec.f99\", and 1 more`);
  const typed = await create("", `,"labels":{${fields}}`, "");
  expect(typed.text).toContain("metadata.labels.f99");
  expect(typed.text).not.toContain("metadata.labels.f100");
});
