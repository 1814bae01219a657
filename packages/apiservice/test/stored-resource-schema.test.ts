import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kindSchemas, storedResource, type KindSchema } from "@kubemetrics/apiservice";
import { ask, ManualClock, startServer, type Answer, type TestServer } from "./test-server.ts";

const path = "/apis/g.io/v1/namespaces/d/things";
const schema: KindSchema = {
  description: "A thing.",
  properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
};

let server: TestServer;
beforeEach(async () => {
  const clock = new ManualClock();
  let uids = 0;
  const about = { group: "g.io", version: "v1", clock, namespaced: true, newUid: () => `u-${++uids}` };
  const things = storedResource({ ...about, name: "things", singularName: "thing", kind: "Thing", schema });
  const frees = storedResource({ ...about, name: "frees", singularName: "free", kind: "Free" });
  const openApi = kindSchemas("g.io", "v1", { Thing: schema });
  server = await startServer({
    groups: [{ name: "g.io", versions: [{ version: "v1", resources: [things, frees], openApi }] }],
  });
});
afterEach(() => server[Symbol.asyncDispose]());

function send(method: string, target: string, body?: unknown, type = "application/json"): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: [["Content-Type", type] as const] };
  return ask(server.port, target, { method, ...sent });
}

const merge = "application/merge-patch+json";
const thing = (name: string, metadata: object = {}, spec: object = { size: 1 }): object => ({
  metadata: { name, ...metadata },
  spec,
});
const json = (answer: Answer): Record<string, never> & { metadata: Record<string, unknown>; spec: unknown } =>
  JSON.parse(answer.text);

describe("fields that the schema does not know", () => {
  test.each([
    { wish: "", status: 201, warning: '299 - "unknown field \\"spec.sise\\""' },
    { wish: "&fieldValidation=Warn", status: 201, warning: '299 - "unknown field \\"spec.sise\\""' },
    { wish: "&fieldValidation=Ignore", status: 201, warning: undefined },
    { wish: "&fieldValidation=Strict", status: 400, warning: undefined },
    { wish: "&fieldValidation=strict", status: 422, warning: undefined },
  ])("are left out, warned of or refused: $wish", async ({ wish, status, warning }) => {
    const answer = await send("POST", `${path}?x=1${wish}`, thing("a", {}, { sise: 1, size: 2 }));
    expect([answer.status, answer.headers["warning"]]).toEqual([status, warning]);
    const stored = await send("GET", `${path}/a`);
    expect(stored.status === 200 ? json(stored).spec : undefined).toEqual(status === 201 ? { size: 2 } : undefined);
  });

  test("a patch is held to the same rule", async () => {
    await send("POST", path, thing("a"));
    const refused = await send("PATCH", `${path}/a?fieldValidation=Strict`, { spec: { sise: 3 } }, merge);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('unknown field \\"spec.sise\\"')]);
  });
});

test("values of the wrong type are refused with every path", async () => {
  const answer = await send("POST", path, thing("a", { labels: { x: 1 } }, { size: "big" }));
  expect([answer.status, answer.text]).toEqual([
    422,
    expect.stringMatching(
      /metadata\.labels\.x: Invalid value: 1.*spec\.size: Invalid value: \\"big\\": must be of type integer/,
    ),
  ]);
});

test("OpenAPI names what writes honour: kubectl relies on it before it sends anything", async () => {
  const document = JSON.parse((await ask(server.port, "/openapi/v3/apis/g.io/v1")).text) as {
    paths: Record<
      string,
      Record<string, { parameters: { name: string; in: string }[]; requestBody: { content: object } }>
    >;
    components: { schemas: Record<string, object> };
  };
  const names = (target: string): unknown =>
    document.paths[target]?.["patch"]?.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
  expect(names("/apis/g.io/v1/namespaces/{namespace}/things/{name}")).toEqual([
    "query dryRun",
    "query fieldValidation",
  ]);
  expect(names("/apis/g.io/v1/namespaces/{namespace}/frees/{name}")).toEqual(["query dryRun"]);
  const patch = document.paths["/apis/g.io/v1/namespaces/{namespace}/things/{name}"]?.["patch"];
  expect(Object.keys(patch?.requestBody.content ?? {})).toEqual(["application/json-patch+json", merge]);
  expect(Object.keys(document.components.schemas)).toEqual([
    "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    "io.g.v1.Thing",
    "io.g.v1.ThingList",
  ]);
  expect(document.components.schemas["io.g.v1.Thing"]).toMatchObject({
    description: "A thing.",
    properties: { kind: { type: "string" }, spec: schema.properties["spec"] },
    "x-kubernetes-group-version-kind": [{ group: "g.io", version: "v1", kind: "Thing" }],
  });
  const v2 = JSON.parse((await ask(server.port, "/openapi/v2", { headers: [["Accept", "application/json"]] })).text);
  const v2Patch = v2.paths["/apis/g.io/v1/namespaces/{namespace}/things/{name}"].patch;
  expect([v2Patch.consumes, v2Patch.parameters.map((parameter: { name: string }) => parameter.name)]).toEqual([
    ["application/json-patch+json", merge],
    ["body", "dryRun", "fieldValidation"],
  ]);
});

describe("dry runs store nothing", () => {
  test.each([
    { method: "DELETE", target: `${path}/a?dryRun=All`, body: undefined },
    { method: "DELETE", target: `${path}/a`, body: { dryRun: ["All"] } },
    { method: "DELETE", target: path, body: { dryRun: ["All"] } },
    { method: "PUT", target: `${path}/a?dryRun=All`, body: thing("a", {}, { size: 9 }) },
    { method: "POST", target: `${path}?dryRun=All`, body: thing("b") },
  ])("$method $target $body", async ({ method, target, body }) => {
    await send("POST", path, thing("a"));
    const before = (await send("GET", path)).text;
    const answer = await send(method, target, body);
    expect([answer.status < 300, (await send("GET", path)).text]).toEqual([true, before]);
  });

  test("a dry run of another kind is refused, not done", async () => {
    await send("POST", path, thing("a"));
    const answer = await send("DELETE", `${path}/a`, { dryRun: ["some"] });
    expect([answer.status, (await send("GET", `${path}/a`)).status]).toEqual([422, 200]);
  });
});

describe("finalizers", () => {
  test("a deleted object waits for them, and goes with the last one", async () => {
    await send("POST", path, thing("a", { finalizers: ["x.io/one", "x.io/two"] }));
    const deleted = await send("DELETE", `${path}/a`);
    expect([deleted.status, json(deleted).metadata]).toEqual([
      200,
      expect.objectContaining({ deletionTimestamp: "2026-03-01T12:00:00Z", deletionGracePeriodSeconds: 0 }),
    ]);
    const again = await send("DELETE", `${path}/a`);
    expect(json(again).metadata).toEqual(json(deleted).metadata);
    const fewer = await send(
      "PATCH",
      `${path}/a`,
      { metadata: { finalizers: ["x.io/two"], deletionTimestamp: null } },
      merge,
    );
    expect(json(fewer).metadata).toMatchObject({ finalizers: ["x.io/two"], deletionTimestamp: "2026-03-01T12:00:00Z" });
    const more = await send("PATCH", `${path}/a`, { metadata: { finalizers: ["x.io/two", "x.io/new"] } }, merge);
    expect([more.status, more.text]).toEqual([403, expect.stringContaining("x.io/new")]);
    const none = await send("PATCH", `${path}/a`, { metadata: { finalizers: null } }, merge);
    expect([none.status, (await send("GET", `${path}/a`)).status]).toEqual([200, 404]);
  });

  test.each([
    { policy: "Foreground", finalizers: ["foregroundDeletion"] },
    { policy: "Orphan", finalizers: ["orphan"] },
    { policy: "Background", finalizers: undefined },
  ])("a $policy deletion leaves the garbage collector $finalizers to do", async ({ policy, finalizers }) => {
    await send("POST", path, thing("a"));
    await send("POST", path, thing("b"));
    const byBody = json(await send("DELETE", `${path}/a`, { propagationPolicy: policy }));
    const byQuery = json(await send("DELETE", `${path}/b?propagationPolicy=${policy}`));
    expect([byBody.metadata["finalizers"], byQuery.metadata["finalizers"]]).toEqual([finalizers, finalizers]);
    expect((await send("GET", `${path}/a`)).status).toBe(finalizers === undefined ? 404 : 200);
  });

  test("a new object cannot be born deleted", async () => {
    const answer = await send("POST", path, thing("a", { deletionTimestamp: "2020-01-01T00:00:00Z" }));
    expect(json(answer).metadata).not.toHaveProperty("deletionTimestamp");
  });
});

describe("versions count changes", () => {
  test("a write that changes nothing is none", async () => {
    const created = await send("POST", path, thing("a", { labels: { x: "y" } }));
    const written = await send("PUT", `${path}/a`, thing("a", { labels: { x: "y" } }));
    expect(written.text).toBe(created.text);
  });

  test("the generation counts what is wanted, not labels", async () => {
    await send("POST", path, thing("a"));
    const labelled = json(await send("PATCH", `${path}/a`, { metadata: { labels: { x: "y" } } }, merge));
    expect(labelled.metadata).toMatchObject({ generation: 1, resourceVersion: "1772366400000002" });
    const grown = json(await send("PATCH", `${path}/a`, { spec: { size: 2 } }, merge));
    expect(grown.metadata).toMatchObject({ generation: 2, resourceVersion: "1772366400000003" });
  });
});
