/**
 * metrics-server beside a real kube-apiserver before anybody has registered it, then registered: health first, then its own documents, then
 * what the aggregator makes of them.
 *
 * @see kubernetes `test/integration/examples/apiserver_test.go` (TestAggregatedAPIServer, TestFrontProxyConfig), and of `test/e2e/apimachinery`
 * `request_timeout.go`, `server_version.go`, `table_conversion.go`, `health_handlers.go`
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiClient } from "../control-plane/api-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { openApiRoundTrip } from "../suites/openapi-round-trip.ts";
import { openApiV3 } from "../suites/published-group.ts";
import { startRealCluster, type RealCluster } from "../suites/real-cluster.ts";
import { apiService, apiServices } from "../suites/registration.ts";

const versions = ["v1", "v1beta1"] as const;
let cluster: RealCluster;
let direct: ApiClient;
const anybody = (path: string): ReturnType<ApiClient["request"]> => cluster.direct({}).request("GET", path);

beforeAll(async () => {
  const apiServerFlags = ["--requestheader-uid-headers=X-Remote-Uid"];
  cluster = await startRealCluster({ plane: { audit: true, apiServerFlags } });
  direct = cluster.direct(cluster.user("admin", ["system:masters"]));
  for (const version of versions) await cluster.admin.delete(`${apiServices}/${version}.metrics.k8s.io`);
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe("a server that is not registered", () => {
  it("lives while kube-apiserver is down, says what it waits for, and is ready when kube-apiserver is", async () => {
    await cluster.plane.apiServer.stop();
    await cluster.restartServer();
    for (const path of ["/livez", "/healthz"]) {
      const { status, text } = await anybody(path);
      expect([path, status, text]).toEqual([path, 200, "ok"]);
    }
    const waiting = await anybody("/readyz?verbose");
    expect(waiting.status).toBe(500);
    expect(waiting.text).toMatch(/^\[-\]metadata-informer-sync failed/m);
    await cluster.plane.apiServer.start();
    const isReady = async (): Promise<true | undefined> => (await anybody("/readyz")).text === "ok" || undefined;
    expect(await eventually("it is ready", isReady, 60_000)).toBe(true);
  });

  it("is healthy, freshly started, for anybody", async () => {
    await cluster.restartServer();
    for (const path of ["/healthz", "/livez"]) expect((await anybody(path)).text).toBe("ok");
  });

  it("has one group, v1 before v1beta1, the first preferred, and resources by name", async () => {
    const group = {
      name: "metrics.k8s.io",
      versions: versions.map((version) => ({ groupVersion: `metrics.k8s.io/${version}`, version })),
      preferredVersion: { groupVersion: "metrics.k8s.io/v1", version: "v1" },
    };
    const { groups } = await direct.get<{ groups: object[] }>("/apis");
    expect(groups).toEqual([expect.objectContaining(group)]);
    expect(await direct.get("/apis/metrics.k8s.io")).toMatchObject({ kind: "APIGroup", ...group });
    for (const { groupVersion } of group.versions) {
      const { resources } = await direct.get<{ resources: { name: string; namespaced: boolean }[] }>(
        `/apis/${groupVersion}`,
      );
      expect(resources.map(({ name, namespaced }) => [name, namespaced])).toEqual([
        ["nodes", false],
        ["pods", true],
      ]);
    }
  });

  it.each(["/version", "/apis/metrics.k8s.io/v1/nodes"])(
    "%s?timeout= is refused when it is none, and is capped",
    async (path) => {
      const refused = await direct.request("GET", `${path}?timeout=invalid`);
      expect([refused.status, refused.text]).toEqual([
        400,
        expect.stringContaining("invalid timeout specified in the request URL"),
      ]);
      for (const timeout of ["3m", "0s"])
        expect((await direct.request("GET", `${path}?timeout=${timeout}`)).status).toBe(200);
    },
  );

  it("/version has numbers where clients expect numbers", async () => {
    expect(await direct.get("/version")).toMatchObject({
      major: expect.stringMatching(/^\d+$/) as string,
      minor: expect.stringMatching(/^\d+\+?$/) as string,
      gitVersion: expect.stringMatching(/^v\d+\.\d+\.\d+/) as string,
    });
  });

  it.each([
    ["/openapi/v2", "v2"],
    ["/openapi/v3/apis/metrics.k8s.io/v1", "v3"],
    ["/openapi/v3/apis/metrics.k8s.io/v1beta1", "v3"],
  ] as const)("%s loses nothing in the types of kube-openapi", async (path, version) => {
    const document = await direct.get<object>(path);
    expect(await openApiRoundTrip(version, document)).toEqual(document);
  });
});

describe("registered", () => {
  beforeAll(async () => {
    const port = Number(new URL(cluster.serverUrl).port);
    for (const version of versions) {
      await cluster.admin.post(apiServices, apiService(version, port, cluster.plane.clusterAuthority.certificatePem));
    }
    const listed = async (): Promise<object | undefined> => openApiV3(cluster.admin, "metrics.k8s.io/v1");
    await eventually("the aggregator has its documents", listed, 60_000);
  });

  it("every group and version that kube-apiserver names can be discovered: no client's discovery breaks on ours", async () => {
    const { groups } = await cluster.admin.get<{ groups: { versions: { groupVersion: string }[] }[] }>("/apis");
    const all = groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion));
    expect(all).toEqual(expect.arrayContaining(versions.map((version) => `metrics.k8s.io/${version}`)));
    for (const groupVersion of all) {
      const { resources } = await cluster.admin.get<{ resources: object[] }>(`/apis/${groupVersion}`);
      expect([groupVersion, resources.length]).not.toEqual([groupVersion, 0]);
    }
  });

  it("what kube-apiserver says of a token's owner is what is asked about, in order and in exactly one review", async () => {
    const client = cluster.as({ token: await cluster.token("default", "reader") });
    const self = await client.post<{ status: { userInfo: Record<string, unknown> } }>(
      "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
    );
    const { username, uid, groups, extra } = self.status.userInfo;
    await cluster.admin.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "reader" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "system:aggregated-metrics-reader",
      },
      subjects: [{ kind: "User", name: username }],
    });
    // Refused until kube-apiserver knows the binding; only then our server hears of it.
    await eventually("it may", () => client.get<object>("/apis/metrics.k8s.io/v1/namespaces/default/pods"), 10_000);
    const specs = cluster.plane.auditEvents().flatMap(({ objectRef, requestObject }) => {
      const spec = objectRef?.resource === "subjectaccessreviews" ? requestObject?.spec : undefined;
      return spec?.["user"] === username ? [spec] : [];
    });
    expect(specs).toEqual([{ user: username, uid, groups, extra, resourceAttributes: expect.anything() as object }]);
  });

  it.each(["nodes", "pods"])(
    "%s as a table: as many cells as columns, the name first; by both versions of the form",
    async (resource) => {
      for (const version of ["v1", "v1beta1"]) {
        const accept = `application/json;as=Table;v=${version};g=meta.k8s.io`;
        const answer = await cluster.admin.request("GET", `/apis/metrics.k8s.io/v1/${resource}`, undefined, { accept });
        const table = answer.json<{ columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] }>();
        expect(table).toMatchObject({ kind: "Table", apiVersion: `meta.k8s.io/${version}` });
        expect(table.columnDefinitions[0]?.name).toBe("Name");
        expect(table.rows.length).toBeGreaterThan(0);
        expect(table.rows.filter(({ cells }) => cells.length !== table.columnDefinitions.length)).toEqual([]);
      }
    },
  );

  it("what has no table is refused (406) as one", async () => {
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    expect((await cluster.admin.request("GET", "/apis/metrics.k8s.io/v1", undefined, { accept })).status).toBe(406);
  });
});
