import { expect, test } from "vitest";
import type { ApiGroup } from "@kubemetrics/apiservice";
import { ask, startServer } from "./test-server.ts";
import { jsonAnswer, thingsGroup } from "./things.ts";

function describedGroup(): ApiGroup {
  const group = thingsGroup({ list: () => jsonAnswer({}), get: () => jsonAnswer({}), create: () => jsonAnswer({}) });
  const quantity = { oneOf: [{ type: "string" }, { type: "number" }], description: "an amount" };
  const thing = {
    type: "object",
    properties: { size: { allOf: [{ $ref: "#/components/schemas/q" }], default: {} } },
    "x-kubernetes-group-version-kind": [{ group: "g.io", version: "v1", kind: "Thing" }],
  };
  const openApi = { schemas: { "g.Thing": thing, q: quantity }, kinds: { Thing: "g.Thing" } };
  return { ...group, versions: group.versions.map((version) => ({ ...version, openApi })) };
}

test("v3: the index names each version's document by hash; under it the document may be kept for ever", async () => {
  await using server = await startServer({ groups: [describedGroup()] });
  const index = JSON.parse((await ask(server.port, "/openapi/v3")).text);
  const url: string = index.paths["apis/g.io/v1"].serverRelativeURL;
  const current = await ask(server.port, url);
  expect([current.status, current.headers["cache-control"]]).toEqual([200, "public, immutable, max-age=31536000"]);
  const document = JSON.parse(current.text);
  expect(Object.keys(document.paths)).toEqual([
    "/apis/g.io/v1/things",
    "/apis/g.io/v1/namespaces/{namespace}/things",
    "/apis/g.io/v1/namespaces/{namespace}/things/{name}",
  ]);
  const kind = document.paths["/apis/g.io/v1/things"].get["x-kubernetes-group-version-kind"];
  expect(kind).toEqual({ group: "g.io", version: "v1", kind: "Thing" });
  const stale = await ask(server.port, "/openapi/v3/apis/g.io/v1?hash=OLD");
  expect([stale.status, stale.headers["cache-control"]]).toEqual([200, "no-cache, private"]);
  const same = await ask(server.port, url, { headers: [["If-None-Match", current.headers["etag"] ?? ""]] });
  expect([same.status, same.text]).toEqual([304, ""]);
});

test("every operation has a name of its own, formed as Kubernetes forms them", async () => {
  const answer = (): ReturnType<typeof jsonAnswer> => jsonAnswer({});
  const verbs = { get: answer, list: answer, create: answer, update: answer, patch: answer, delete: answer };
  await using server = await startServer({ groups: [thingsGroup({ ...verbs, deleteCollection: answer })] });
  const { paths } = JSON.parse((await ask(server.port, "/openapi/v3/apis/g.io/v1")).text);
  const named = Object.values<Record<string, { operationId?: string }>>(paths).flatMap((item) =>
    Object.values(item).flatMap(({ operationId }) => operationId ?? []),
  );
  expect(named).toEqual([
    "listGV1ThingForAllNamespaces",
    "listGV1NamespacedThing",
    "createGV1NamespacedThing",
    "deleteGV1CollectionNamespacedThing",
    "readGV1NamespacedThing",
    "replaceGV1NamespacedThing",
    "patchGV1NamespacedThing",
    "deleteGV1NamespacedThing",
  ]);
});

test("v2: schemas are definitions, without what v2 does not know", async () => {
  await using server = await startServer({ groups: [describedGroup()] });
  const document = JSON.parse(
    (await ask(server.port, "/openapi/v2", { headers: [["Accept", "application/json"]] })).text,
  );
  expect(document.swagger).toBe("2.0");
  expect(document.definitions["g.Thing"].properties.size).toEqual({ $ref: "#/definitions/q", default: {} });
  expect(document.definitions.q).toEqual({ type: "string", description: "an amount" });
  const list = document.paths["/apis/g.io/v1/namespaces/{namespace}/things"];
  expect(list.post.parameters[0].schema).toEqual({ $ref: "#/definitions/g.Thing" });
  expect(list.get.responses["200"].schema).toEqual({ $ref: "#/definitions/g.Thing" });
});

test("nothing is ever redirected", async () => {
  await using server = await startServer({ groups: [describedGroup()] });
  for (const target of [
    "/openapi/v3/",
    "/openapi/v2/",
    "/apis/g.io/",
    "/apis/g.io/v1/",
    "/version/",
    "/metrics/",
    "/healthz/",
  ]) {
    const { status } = await ask(server.port, target);
    expect([target, status >= 300 && status < 400]).toEqual([target, false]);
  }
});

test("kube-apiserver 1.26 to 1.29 gets its v2beta1 document, never 304 for a group version", async () => {
  await using server = await startServer({ groups: [describedGroup()] });
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
  const aggregated = await ask(server.port, "/apis", { headers: [["Accept", accept]] });
  expect(aggregated.headers["content-type"]).toBe(accept);
  expect(JSON.parse(aggregated.text).apiVersion).toBe("apidiscovery.k8s.io/v2beta1");
  const etag = aggregated.headers["etag"] ?? "";
  expect(
    (
      await ask(server.port, "/apis", {
        headers: [
          ["Accept", accept],
          ["If-None-Match", etag],
        ],
      })
    ).status,
  ).toBe(304);
  expect((await ask(server.port, "/apis/g.io/v1", { headers: [["If-None-Match", etag]] })).status).toBe(200);
});
