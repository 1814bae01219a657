import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storedResource } from "@kubemetrics/apiservice";
import { collectedBytes, type Answer } from "../test-server.ts";
import { AttackedServer, bob, things } from "./attacked-server.ts";

let server: AttackedServer;
beforeAll(async () => {
  let uids = 0;
  const clock = { now: () => 0 };
  const names = {
    group: "g.io",
    version: "v1",
    name: "things",
    singularName: "thing",
    kind: "Thing",
    namespaced: true,
  };
  server = await AttackedServer.start({
    resource: storedResource({ ...names, clock, newUid: () => `uid-${++uids}` }),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Timed extends Answer {
  readonly cpuMs: number;
}

async function send(method: string, target: string, body: string, contentType = "application/json"): Promise<Timed> {
  const before = process.cpuUsage();
  const answer = await server.ask(target, { method, body, client: bob, headers: [["Content-Type", contentType]] });
  const { user, system } = process.cpuUsage(before);
  return { ...answer, cpuMs: (user + system) / 1000 };
}

function thingNamed(name: string, rest = ""): string {
  return `{"kind":"Thing","apiVersion":"g.io/v1","metadata":{"name":"${name}"}${rest}}`;
}

const jsonPatch = "application/json-patch+json";
const mergePatch = "application/merge-patch+json";
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

/** What an attack leaves behind: everybody still gets the list. */
async function listIsFine(): Promise<void> {
  const list = await server.ask(things, { client: bob });
  expect(list.status).toBe(200);
  expect((JSON.parse(list.text) as { kind: string }).kind).toBe("ThingList");
}

describe("a body that costs more than its length is refused, and nothing of it stays:", () => {
  test.each<[string, string, string, string?]>([
    ["lists nested 300,000 deep", "POST", thingNamed("a", `,"x":${"[".repeat(300_000)}${"]".repeat(300_000)}`)],
    ["objects nested 5,000 deep", "POST", thingNamed("a", `,"x":${nested(5000)}`)],
    ["brackets that never close", "POST", "[".repeat(900_000)],
    ["objects nested 5,000 deep in a merge patch", "PATCH", `{"x":${nested(5000)}}`, mergePatch],
    [
      "objects nested 5,000 deep in a JSON patch",
      "PATCH",
      `[{"op":"add","path":"/x","value":${nested(5000)}}]`,
      jsonPatch,
    ],
    ["a number beyond all numbers", "POST", thingNamed("a", ',"x":1e999')],
    ["a number of 900,000 digits", "POST", thingNamed("a", `,"x":${"9".repeat(900_000)}`)],
    [
      "digits that are nearly a number beyond all numbers",
      "POST",
      thingNamed("a", `,"x":${`${"9".repeat(299)}a`.repeat(10_000)}`),
    ],
    ["a patch that nests the object in itself", "PATCH", copies(400), jsonPatch],
    ["YAML with references to references", "POST", "a: &a [x]\nb: &b [*a,*a]\n", "application/yaml"],
    ["server-side apply", "PATCH", thingNamed("victim"), "application/apply-patch+yaml"],
    ["compressed zeros", "POST", gzipSync(Buffer.alloc(1e7)).toString("latin1")],
  ])("%s", async (_name, method, body, contentType) => {
    await send("POST", things, thingNamed("victim", ',"spec":{}'));
    const target = method === "PATCH" ? `${things}/victim` : things;
    const answer = await send(method, target, body, contentType);
    expect([answer.status >= 400 && answer.status < 500, answer.cpuMs < 1000]).toEqual([true, true]);
    await listIsFine();
  });
});

/** Each pair doubles what is below `/spec`, if copies are made without counting. */
function copies(pairs: number): string {
  const pair = ["x", "y"].map((key) => ({ op: "copy", from: "/spec", path: `/spec/${key}` }));
  return JSON.stringify(Array.from({ length: pairs }, () => pair).flat());
}

test("10,000 operations on an object of 50,000 members take no longer than reading both", async () => {
  const members = Array.from({ length: 50_000 }, (_, at) => `"m${at}":1`).join();
  expect(
    (await send("POST", things, thingNamed("wide", `,"spec":{${members}},"list":[${"1,".repeat(50_000)}1]`))).status,
  ).toBe(201);
  const operations = Array.from({ length: 5000 }, (_, at) => [
    { op: "replace", path: `/spec/m${at}`, value: 2 },
    { op: "replace", path: `/list/${at}`, value: 2 },
  ]);
  const { status, cpuMs } = await send("PATCH", `${things}/wide`, JSON.stringify(operations.flat()), jsonPatch);
  expect([status, cpuMs < 1500 ? "quick" : cpuMs]).toEqual([200, "quick"]);
  await send("DELETE", `${things}/wide`, "");
});

test("a body in chunks of one byte takes no more memory than its bytes", async () => {
  const used = collectedBytes();
  const connection = await server.connect(bob);
  connection.write(`POST ${things} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const chunks = "1\r\n1\r\n".repeat(50_000);
  const before = used();
  for (let twice = 0; twice < 2; twice++) {
    await connection.written(chunks);
    expect((await server.ask("/healthz")).status).toBe(200);
  }
  expect((used() - before) / 1e6).toBeLessThan(8);
  connection.write("0\r\n\r\n");
  expect((await connection.answer())?.status).toBe(400);
  connection.end();
});

test("who announces too much gets the refusal before sending it", async () => {
  const connection = await server.connect(bob);
  connection.write(`POST ${things} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n`);
  const text = await connection.textWith("HTTP/1.1 413");
  expect(text).toContain("HTTP/1.1 413");
  await connection.closed();
});
