/** What kube-apiserver makes of our discovery and OpenAPI documents, old form and new, and that they go when the APIServices go. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../suites/metrics-server-process.ts";
import { kubectls, type Kubectl } from "../suites/kubectl.ts";
import { startRealCluster, type RealCluster } from "../suites/real-cluster.ts";

let cluster: RealCluster;
let kubectl: Kubectl;
beforeAll(async () => {
  cluster = await startRealCluster();
  [kubectl] = (await kubectls()) as [Kubectl];
});
afterAll(() => cluster[Symbol.asyncDispose]());

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

interface AggregatedDiscovery {
  readonly kind: string;
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly versions: readonly {
      readonly version: string;
      readonly freshness?: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly scope: string;
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

async function aggregatedGroup(): Promise<AggregatedDiscovery["items"][number] | undefined> {
  const answer = await cluster.admin.request("GET", "/apis", undefined, { accept: aggregated });
  return answer.json<AggregatedDiscovery>().items.find(({ metadata }) => metadata.name === "metrics.k8s.io");
}

it("health pages answer before anybody has asked for anything else, without credentials", async () => {
  for (const path of ["/healthz", "/livez", "/readyz"]) {
    expect((await cluster.direct({}).request("GET", path)).text).toBe("ok");
  }
});

it("legacy discovery: the group with both versions, v1 preferred, and its resources", async () => {
  const group = {
    name: "metrics.k8s.io",
    versions: [
      { groupVersion: "metrics.k8s.io/v1", version: "v1" },
      { groupVersion: "metrics.k8s.io/v1beta1", version: "v1beta1" },
    ],
    preferredVersion: { groupVersion: "metrics.k8s.io/v1", version: "v1" },
  };
  const { groups } = await cluster.admin.get<{ groups: { name: string }[] }>("/apis");
  expect(groups.find(({ name }) => name === "metrics.k8s.io")).toEqual(group);
  expect(await cluster.admin.get("/apis/metrics.k8s.io")).toMatchObject({ kind: "APIGroup", ...group });
  for (const version of ["v1", "v1beta1"]) {
    const list = await cluster.admin.get<{ resources: { name: string }[] }>(`/apis/metrics.k8s.io/${version}`);
    expect(list).toMatchObject({
      kind: "APIResourceList",
      groupVersion: `metrics.k8s.io/${version}`,
      resources: [
        { name: "nodes", kind: "NodeMetrics", namespaced: false, verbs: ["get", "list"] },
        { name: "pods", kind: "PodMetrics", namespaced: true, verbs: ["get", "list"] },
      ],
    });
  }
});

it("aggregated discovery: both versions, current, with scopes and verbs", async () => {
  const group = await eventually(
    "both versions are current",
    async () => {
      const found = await aggregatedGroup();
      return found?.versions.every(({ freshness }) => freshness === "Current") === true ? found : undefined;
    },
    20_000,
  );
  const resources = [
    expect.objectContaining({ resource: "nodes", scope: "Cluster", verbs: ["get", "list"] }) as object,
    expect.objectContaining({ resource: "pods", scope: "Namespaced", verbs: ["get", "list"] }) as object,
  ];
  expect(group.versions).toEqual([
    { version: "v1", freshness: "Current", resources },
    { version: "v1beta1", freshness: "Current", resources },
  ]);
});

it("OpenAPI v3: both versions are listed, and kubectl explains from them", async () => {
  const index = await eventually(
    "the documents are listed",
    async () => {
      const { paths } = await cluster.admin.get<{ paths: Record<string, { serverRelativeURL: string }> }>(
        "/openapi/v3",
      );
      return paths["apis/metrics.k8s.io/v1"] && paths["apis/metrics.k8s.io/v1beta1"] ? paths : undefined;
    },
    30_000,
  );
  const document = await cluster.admin.get<{ components: { schemas: object } }>(
    index["apis/metrics.k8s.io/v1"]!.serverRelativeURL,
  );
  expect(Object.keys(document.components.schemas)).toContain("io.k8s.metrics.pkg.apis.metrics.v1.NodeMetrics");
  const explained = await kubectl.run(
    cluster.kubeconfig,
    "explain",
    "podmetrics.containers.usage",
    "--api-version=metrics.k8s.io/v1",
  );
  expect(explained).toMatch(/KIND:\s+PodMetrics/);
});

it("OpenAPI v2: the definitions are merged into kube-apiserver's document", async () => {
  const merged = await eventually(
    "the definitions are merged",
    async () => {
      const { definitions } = await cluster.admin.get<{ definitions: Record<string, unknown> }>("/openapi/v2");
      return definitions["io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics"];
    },
    30_000,
  );
  expect(merged).toMatchObject({ properties: { containers: { type: "array" } } });
});

it("kubectl explain works from the older document too", async () => {
  const explained = await kubectl.run(
    cluster.kubeconfig,
    "explain",
    "nodemetrics",
    "--api-version=metrics.k8s.io/v1beta1",
  );
  expect(explained).toMatch(/usage\s/);
});

it("?timeout= is checked, and the version is the server's own", async () => {
  expect((await cluster.admin.request("GET", "/apis/metrics.k8s.io/v1/nodes?timeout=nonsense")).status).toBe(400);
  const own = await cluster.direct(cluster.user("admin", ["system:masters"])).request("GET", "/version");
  expect(own.json<{ gitVersion: string }>().gitVersion).toMatch(/^v\d/);
});

it("when the APIServices go, group, documents and resources go", async () => {
  for (const version of ["v1", "v1beta1"]) {
    await cluster.admin.delete(`/apis/apiregistration.k8s.io/v1/apiservices/${version}.metrics.k8s.io`);
  }
  const gone = await eventually(
    "the group is gone everywhere",
    async () => {
      const { groups } = await cluster.admin.get<{ groups: { name: string }[] }>("/apis");
      const { paths } = await cluster.admin.get<{ paths: object }>("/openapi/v3");
      const left = [
        groups.some(({ name }) => name === "metrics.k8s.io"),
        (await aggregatedGroup()) !== undefined,
        "apis/metrics.k8s.io/v1" in paths,
      ];
      const answer = await cluster.admin.request("GET", "/apis/metrics.k8s.io/v1/nodes");
      return left.includes(true) || answer.status !== 404 ? undefined : answer.text;
    },
    20_000,
  );
  expect(gone).toContain("404 page not found");
});
