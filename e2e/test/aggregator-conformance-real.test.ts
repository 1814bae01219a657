/**
 * An extension API server behind kube-apiserver, from its registration to its removal, in the order of Kubernetes' own conformance test;
 * with the example's flunders.
 *
 * @see kubernetes `test/e2e/apimachinery/aggregator.go`, `aggregated_discovery.go`, `discovery.go`, `table_conversion.go`, `openapiv3.go`
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ApiClient, ApiObject } from "../control-plane/api-client.ts";
import { flundersApiService, startFlundersOnRealCluster, type FlundersCluster } from "../suites/flunders-cluster.ts";
import { kubeconfigClient } from "../suites/kubeconfig-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { openApiRoundTrip } from "../suites/openapi-round-trip.ts";
import {
  aggregatedVersions,
  legacyGroup,
  openApiV2Definition,
  openApiV3,
  type AggregatedVersion,
} from "../suites/published-group.ts";

const group = "wardle.example.com";
const groupVersion = `${group}/v1alpha1`;
const flunders = `/apis/${groupVersion}/namespaces/default/flunders`;
const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices";
const own = `${apiServices}/${flundersApiService}`;
const definition = "com.example.wardle.v1alpha1.Flunder";

interface ApiService extends ApiObject {
  readonly spec: { readonly caBundle?: string };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  };
}
interface ObjectList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly ApiObject[];
}

let cluster: FlundersCluster;
let admin: ApiClient;
beforeAll(async () => {
  cluster = await startFlundersOnRealCluster();
  admin = kubeconfigClient(cluster.kubeconfig);
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

const list = (path = flunders): Promise<ObjectList> => admin.get<ObjectList>(path);
const flunder = (name: string, labels = {}): object => ({
  apiVersion: groupVersion,
  kind: "Flunder",
  metadata: { name, labels },
});
const apiService = (path = own): Promise<ApiService> => admin.get<ApiService>(path);

it("registered anew, it is unknown or unavailable for a moment and nothing else, then served", async () => {
  const before = await apiService();
  await admin.delete(own);
  const gone = async (): Promise<true | undefined> =>
    (await admin.request("GET", flunders)).status === 404 || undefined;
  await eventually("it is gone", gone, 20_000);
  await admin.post(apiServices, { metadata: { name: flundersApiService }, spec: before.spec });
  const seen: string[] = [];
  await eventually(
    "it is served",
    async () => {
      const { status, text } = await admin.request("GET", flunders);
      seen.push(status === 404 ? `404 ${text.trim()}` : String(status));
      return status === 200 || undefined;
    },
    60_000,
  );
  const tolerated = ["404 404 page not found", "403", "503", "200"];
  expect(seen.filter((status) => !tolerated.includes(status))).toEqual([]);
  const { status } = await apiService(`${own}/status`);
  expect(status.conditions).toMatchObject([{ type: "Available", status: "True", message: "all checks passed" }]);
});

it("made anew without its caBundle, it is served as soon as kube-apiserver was refused", async () => {
  const before = await apiService();
  const { caBundle, ...spec } = before.spec;
  const status = async (): Promise<number> => (await admin.request("GET", flunders)).status;
  await admin.delete(own);
  await eventually("it is gone", async () => (await status()) === 404 || undefined, 20_000);
  await admin.post(apiServices, { metadata: { name: flundersApiService }, spec });
  const from = performance.now();
  await eventually(
    "it has its bundle",
    async () => (await apiService()).spec.caBundle === caBundle || undefined,
    30_000,
  );
  await eventually("it is served", async () => (await status()) === 200 || undefined, 30_000);
  expect(performance.now() - from).toBeLessThan(30_000);
});

it("an object is created (201, and echoed), listed, deleted and no longer listed; lists have a resource version", async () => {
  const answer = await admin.request("POST", flunders, flunder("rest", { "sample-label": "true" }));
  expect(answer.status).toBe(201);
  expect(answer.json()).toMatchObject({
    apiVersion: groupVersion,
    kind: "Flunder",
    metadata: { name: "rest", namespace: "default" },
  });
  const { items, metadata } = await list();
  expect(items.map((item) => item.metadata.name)).toEqual(["rest"]);
  expect(metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
  await admin.delete(`${flunders}/rest`);
  expect((await list()).items).toEqual([]);
});

it("clients that go by discovery find it: preferred and namespaced, in the old form and in the aggregated one", async () => {
  const version = { groupVersion, version: "v1alpha1" };
  const found = { name: group, versions: [version], preferredVersion: version };
  expect(await legacyGroup(admin, group)).toEqual(found);
  expect(await admin.get(`/apis/${group}`)).toMatchObject({ kind: "APIGroup", ...found });
  const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
  const resources = [{ name: "flunders", singularName: "flunder", kind: "Flunder", namespaced: true, verbs }];
  expect(await admin.get(`/apis/${groupVersion}`)).toMatchObject({ kind: "APIResourceList", groupVersion, resources });
  const current = async (): Promise<readonly AggregatedVersion[] | undefined> => {
    const versions = await aggregatedVersions(admin, group);
    return versions?.[0]?.freshness === "Current" ? versions : undefined;
  };
  expect(await eventually("the aggregated document is current", current, 20_000)).toMatchObject([
    { version: "v1alpha1", resources: [{ resource: "flunders", scope: "Namespaced", verbs }] },
  ]);
});

it("a list as a table: as many cells as columns, the name first, a resource version; by both versions of the form", async () => {
  await admin.post(flunders, flunder("shown"));
  for (const version of ["v1", "v1beta1"]) {
    const accept = `application/json;as=Table;v=${version};g=meta.k8s.io`;
    const table = (await admin.request("GET", flunders, undefined, { accept })).json<{
      metadata: { resourceVersion: string };
      columnDefinitions: { name: string }[];
      rows: { cells: unknown[] }[];
    }>();
    expect(table).toMatchObject({
      apiVersion: `meta.k8s.io/${version}`,
      kind: "Table",
      rows: [{ cells: ["shown", expect.anything()] }],
    });
    expect(table.columnDefinitions[0]?.name).toBe("Name");
    expect(table.rows[0]?.cells).toHaveLength(table.columnDefinitions.length);
    expect(table.metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
  }
  const unknown = "application/json;as=Nonsense;v=v1;g=meta.k8s.io";
  expect((await admin.request("GET", flunders, undefined, { accept: unknown })).status).toBe(406);
});

it("its OpenAPI documents are published and lose nothing in the types of kube-openapi", async () => {
  const document = await eventually("the document is listed", () => openApiV3(admin, groupVersion), 30_000);
  expect(Object.keys(document.components.schemas)).toContain(definition);
  expect(await openApiRoundTrip("v3", document)).toEqual(document);
  const merged = await eventually("the older document has it", () => openApiV2Definition(admin, definition), 30_000);
  expect(merged).toMatchObject({ properties: { spec: { type: "object" } } });
});

it("others may change the APIService: priority, labels and status stay as written, and the group is served on", async () => {
  const before = Number((await apiService()).metadata.resourceVersion);
  const patched = await admin.patch<ApiService>(own, {
    spec: { versionPriority: 400 },
    metadata: { labels: { "e2e-apiservice": "patched" } },
  });
  expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(before);
  const { conditions } = (await apiService(`${own}/status`)).status;
  const added = {
    type: "StatusPatched",
    status: "True",
    reason: "E2E",
    message: "Set by e2e test",
    lastTransitionTime: null,
  };
  await admin.patch(`${own}/status`, { status: { conditions: [...conditions, added] } });
  expect((await apiService(`${own}/status`)).status.conditions).toContainEqual(
    expect.objectContaining({ type: "StatusPatched", message: "Set by e2e test" }),
  );
  const { caBundle } = (await apiService()).spec;
  // The aggregator writes its status meanwhile: a conflict is tried again.
  const replace = async (): Promise<true | undefined> => {
    const current = await apiService();
    const replaced = { ...current, metadata: { ...current.metadata, labels: { [flundersApiService]: "updated" } } };
    return (await admin.request("PUT", own, replaced)).status === 200 || undefined;
  };
  await eventually("it is replaced", replace, 10_000);
  expect(await apiService()).toMatchObject({
    metadata: { labels: { [flundersApiService]: "updated" } },
    spec: { versionPriority: 400, caBundle },
  });
  expect((await list()).items).toHaveLength(1);
});

it("objects are deleted as a collection, in one namespace only", async () => {
  const elsewhere = flunders.replace("/default/", "/kube-system/");
  await admin.post(flunders, flunder("second"));
  await admin.post(elsewhere, flunder("other"));
  expect((await admin.request("DELETE", flunders)).status).toBe(200);
  expect([(await list()).items, (await list(elsewhere)).items]).toMatchObject([[], [{ metadata: { name: "other" } }]]);
});

it("removed by label, it is gone from discovery and OpenAPI, and is not served", async () => {
  const selector = encodeURIComponent(`${flundersApiService}=updated`);
  expect((await admin.request("DELETE", `${apiServices}?labelSelector=${selector}`)).status).toBe(200);
  const isGone = async (): Promise<true | undefined> => {
    const left = await Promise.all([
      legacyGroup(admin, group),
      aggregatedVersions(admin, group),
      openApiV3(admin, groupVersion),
      openApiV2Definition(admin, definition),
    ]);
    return left.every((one) => one === undefined) || undefined;
  };
  await eventually("nothing is left", isGone, 30_000);
  const answer = await admin.request("GET", flunders);
  expect([answer.status, answer.text.trim()]).toEqual([404, "404 page not found"]);
  expect((await list(`${apiServices}?labelSelector=${selector}`)).items).toEqual([]);
  expect((await admin.request("GET", own)).status).toBe(404);
});
