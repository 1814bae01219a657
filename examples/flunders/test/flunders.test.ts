import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runFlunders, until, type RunningFlunders } from "./running-flunders.ts";

const base = "/apis/wardle.example.com/v1alpha1";
const path = `${base}/namespaces/default/flunders`;
const merge = { headers: { "content-type": "application/merge-patch+json" } };

let cluster: RunningFlunders;
beforeAll(async () => {
  cluster = await runFlunders();
  await cluster.replica();
  await until("the APIService is available", async () => (await cluster.available()).status === "True");
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.ask("DELETE", path));

interface Flunder {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly [field: string]: unknown };
  readonly spec?: { readonly reference?: string };
}

function flunder(name: string, spec: object = { reference: "b" }): object {
  return { apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder", metadata: { name }, spec };
}

async function names(query = ""): Promise<readonly string[]> {
  const { items } = (await cluster.ask("GET", `${path}${query}`)).json as { items: readonly Flunder[] };
  return items.map((item) => item.metadata.name);
}

test("an APIService without a bundle becomes available: the server writes the bundle itself", async () => {
  expect(await cluster.available()).toMatchObject({ status: "True", message: "all checks passed" });
  expect(cluster.log.lines).toContain("the APIService trusts this server's authority");
});

test("an object lives: created, read, replaced, patched both ways, deleted", async () => {
  const created = await cluster.ask("POST", path, flunder("a"));
  expect(created.status).toBe(201);
  const object = created.json as Flunder;
  const replaced = await cluster.ask("PUT", `${path}/a`, { ...object, spec: { reference: "c" } });
  expect([replaced.status, (replaced.json as Flunder).spec]).toEqual([200, { reference: "c" }]);
  const stale = await cluster.ask("PUT", `${path}/a`, { ...object, spec: { reference: "d" } });
  expect(stale.status).toBe(409);
  const merged = await cluster.ask("PATCH", `${path}/a`, { spec: { referenceType: "Fischer" } }, merge);
  expect((merged.json as Flunder).spec).toEqual({ reference: "c", referenceType: "Fischer" });
  const operations = [{ op: "remove", path: "/spec/referenceType" }];
  const json = { headers: { "content-type": "application/json-patch+json" } };
  expect(((await cluster.ask("PATCH", `${path}/a`, operations, json)).json as Flunder).spec).toEqual({
    reference: "c",
  });
  expect((await cluster.ask("DELETE", `${path}/a`)).status).toBe(200);
  expect((await cluster.ask("GET", `${path}/a`)).status).toBe(404);
});

test.each(["application/strategic-merge-patch+json", "application/apply-patch+yaml", "text/plain"])(
  "a patch as %s is refused with 415",
  async (type) => {
    await cluster.ask("POST", path, flunder("a"));
    const answer = await cluster.ask("PATCH", `${path}/a`, {}, { headers: { "content-type": type } });
    expect([answer.status, answer.text]).toEqual([415, expect.stringContaining("application/merge-patch+json")]);
  },
);

test("lists and collections follow selectors", async () => {
  for (const name of ["a", "b", "c"]) {
    await cluster.ask("POST", path, { ...flunder(name), metadata: { name, labels: { even: String(name === "b") } } });
  }
  expect(await names()).toEqual(["a", "b", "c"]);
  expect(await names("?labelSelector=even%3Dtrue")).toEqual(["b"]);
  expect(await names("?fieldSelector=metadata.name%3Dc")).toEqual(["c"]);
  await cluster.ask("DELETE", `${path}?labelSelector=even%3Dfalse`);
  expect(await names()).toEqual(["b"]);
});

test("a watch through the aggregator tells what changes, from the version of a list on", async () => {
  await cluster.ask("POST", path, flunder("a"));
  const list = (await cluster.ask("GET", path)).json as { metadata: { resourceVersion: string } };
  const watching = cluster.ask(
    "GET",
    `${path}?watch=true&resourceVersion=${list.metadata.resourceVersion}&timeoutSeconds=1`,
  );
  await cluster.ask("PATCH", `${path}/a`, { spec: { reference: "c" } }, merge);
  await cluster.ask("DELETE", `${path}/a`);
  const events = (await watching).text.trim().split("\n");
  expect(events.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(["MODIFIED", "DELETED"]);
});

describe("rights are kube-apiserver's", () => {
  test.each([
    { as: "viewer" as const, method: "GET", status: 200 },
    { as: "viewer" as const, method: "POST", status: 403 },
    { as: "nobody" as const, method: "GET", status: 403 },
    { as: "admin" as const, method: "POST", status: 201 },
  ])("$as may $method: $status", async ({ as, method, status }) => {
    const body = method === "POST" ? flunder("rights") : undefined;
    expect((await cluster.ask(method, path, body, { as })).status).toBe(status);
  });
});

test("the table of kubectl get, and the schema of kubectl explain", async () => {
  await cluster.ask("POST", path, flunder("a"));
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const table = (await cluster.ask("GET", path, undefined, { headers: { accept } })).json as {
    rows: readonly { cells: readonly unknown[] }[];
  };
  expect(table.rows.map(({ cells }) => cells[0])).toEqual(["a"]);
  const document = (await cluster.ask("GET", `/openapi/v3${base}`)).json as {
    components: { schemas: Record<string, { description: string }> };
  };
  expect(document.components.schemas["com.example.wardle.v1alpha1.Flunder"]?.description).toBe(
    "A flunder may refer to another one, or to a fischer.",
  );
});

test("strictness is the client's wish", async () => {
  const typo = flunder("a", { referense: "b" });
  const strict = await cluster.ask("POST", `${path}?fieldValidation=Strict`, typo);
  expect([strict.status, strict.text]).toEqual([400, expect.stringContaining("spec.referense")]);
  const lenient = await cluster.ask("POST", path, typo);
  expect([lenient.status, lenient.headers["warning"]]).toEqual([201, '299 - "unknown field \\"spec.referense\\""']);
});
