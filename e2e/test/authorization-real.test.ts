/** Who may read metrics, through the aggregator and past it, with every kind of credential; and that nobody may while nobody can say. */
import { issueAuthority, issueClient } from "@kubemetrics/x509";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Credentials } from "../control-plane/api-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { serverLog, startRealCluster, type RealCluster } from "../suites/real-cluster.ts";

const v1 = "/apis/metrics.k8s.io/v1";
let cluster: RealCluster;
let namespace: string;
let credentials: Record<string, Credentials>;

beforeAll(async () => {
  // The controller-manager fills the aggregated role `view`.
  cluster = await startRealCluster({ plane: { controllerManager: true } });
  namespace = cluster.sample.namespace;
  const bind = (path: string, role: string, subject: object): Promise<unknown> =>
    cluster.admin.post(`/apis/rbac.authorization.k8s.io/v1/${path}`, {
      metadata: { generateName: "e2e-" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [subject],
    });
  await bind("clusterrolebindings", "view", { kind: "User", name: "viewer" });
  await bind("clusterrolebindings", "view", { kind: "ServiceAccount", name: "viewer", namespace: "default" });
  await bind(`namespaces/${namespace}/rolebindings`, "view", { kind: "User", name: "namespace-viewer" });
  credentials = {
    viewer: cluster.user("viewer"),
    "viewer's token": { token: await cluster.token("default", "viewer") },
    "namespace viewer": cluster.user("namespace-viewer"),
    nobody: cluster.user("nobody"),
    "nobody's token": { token: await cluster.token("default", "nobody") },
    anonymous: {},
    administrator: cluster.user("admin", ["system:masters"]),
    "a wrong token": { token: "x.y.z" },
  };
  const viewer = cluster.as(credentials["viewer"]!);
  await eventually("the role view is aggregated", () => viewer.get<object>(`${v1}/pods`), 40_000);
});
afterAll(() => cluster[Symbol.asyncDispose]());

const paths: Record<string, () => string> = {
  "all nodes": () => `${v1}/nodes`,
  "one node": () => `${v1}/nodes/${cluster.nodes[0]}`,
  "all pods": () => `${v1}/pods`,
  "pods of the namespace": () => `${v1}/namespaces/${namespace}/pods`,
  "a pod of the namespace": () => `${v1}/namespaces/${namespace}/pods/${cluster.sample.pods[0]}`,
  "pods of another namespace": () => `${v1}/namespaces/kube-system/pods`,
};
const all = Object.keys(paths);
const inNamespace = ["pods of the namespace", "a pod of the namespace"];

/** `refused` is what the others get. The same through the aggregator and directly. */
const matrix: readonly { who: string; may: readonly string[]; refused: number }[] = [
  { who: "administrator", may: all, refused: 0 },
  { who: "viewer", may: all, refused: 0 },
  { who: "viewer's token", may: all, refused: 0 },
  { who: "namespace viewer", may: inNamespace, refused: 403 },
  { who: "nobody", may: [], refused: 403 },
  { who: "nobody's token", may: [], refused: 403 },
  { who: "anonymous", may: [], refused: 403 },
  { who: "a wrong token", may: [], refused: 401 },
];

describe.each([
  { way: "through the aggregator", client: (who: Credentials) => cluster.as(who) },
  { way: "directly", client: (who: Credentials) => cluster.direct(who) },
])("$way", ({ client }) => {
  it.each(matrix)("$who", async ({ who, may, refused }) => {
    const asking = client(credentials[who]!);
    const answers: Record<string, number> = {};
    for (const [what, path] of Object.entries(paths)) answers[what] = (await asking.request("GET", path())).status;
    expect(answers).toEqual(Object.fromEntries(all.map((what) => [what, may.includes(what) ? 200 : refused])));
  });

  it("a refusal says who may not do what", async () => {
    const answer = await client(credentials["nobody"]!).request("GET", `${v1}/nodes`);
    expect(answer.json()).toMatchObject({
      kind: "Status",
      reason: "Forbidden",
      code: 403,
      message: expect.stringContaining(
        'nodes.metrics.k8s.io is forbidden: User "nobody" cannot list resource "nodes" in API group "metrics.k8s.io" at the cluster scope',
      ) as string,
    });
  });

  it("nobody writes", async () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const answer = await client(credentials["administrator"]!).request(method, `${v1}/nodes/${cluster.nodes[0]}`, {});
      expect([method, answer.status]).toEqual([method, 405]);
    }
  });
});

describe("identity headers, directly", () => {
  const claim = { "x-remote-user": "admin", "x-remote-group": "system:masters" };
  const ask = async (who: Credentials): Promise<number> =>
    (await cluster.direct(who).request("GET", `${v1}/nodes`, undefined, claim)).status;

  it.each([
    { who: "nobody at all", credentials: () => ({}), status: 403 },
    { who: "a user's certificate", credentials: () => cluster.user("nobody"), status: 403 },
    {
      who: "a user's certificate that calls itself front-proxy-client",
      credentials: () => cluster.user("front-proxy-client"),
      status: 403,
    },
    {
      who: "a certificate of the front proxy's authority with another name",
      credentials: () => issueClient(cluster.plane.frontProxyAuthority, { commonName: "somebody" }),
      status: 401,
    },
    {
      who: "a certificate of an authority that has the front proxy's name",
      credentials: () =>
        issueClient(issueAuthority({ commonName: "front-proxy" }), { commonName: "front-proxy-client" }),
      status: 401,
    },
    {
      who: "an expired certificate of the front proxy",
      credentials: () =>
        issueClient(cluster.plane.frontProxyAuthority, {
          commonName: "front-proxy-client",
          notBeforeMs: Date.now() - 7_200_000,
          notAfterMs: Date.now() - 3_600_000,
        }),
      status: 401,
    },
    {
      who: "the front proxy",
      credentials: () => issueClient(cluster.plane.frontProxyAuthority, { commonName: "front-proxy-client" }),
      status: 200,
    },
  ])("$who: $status", async ({ credentials: who, status }) => {
    expect(await ask(who())).toBe(status);
  });
});

describe("while kube-apiserver is down", () => {
  it("nobody is let in on a guess, the server stays alive, and it recovers by itself", async () => {
    const frontProxy = cluster.direct(
      issueClient(cluster.plane.frontProxyAuthority, { commonName: "front-proxy-client" }),
    );
    const asUser = async (name: string, ...groups: string[]): Promise<number> => {
      const identity = { "x-remote-user": name, "x-remote-group": groups };
      const answer = await frontProxy.request("GET", `${v1}/nodes`, undefined, identity);
      return answer.status;
    };
    expect(await asUser("viewer")).toBe(200);
    await cluster.plane.apiServer.stop();
    try {
      // Not asked about before, so no remembered verdict.
      const started = Date.now();
      expect(await asUser("stranger")).toBe(500);
      expect(Date.now() - started).toBeLessThan(15_000);
      expect((await cluster.direct({ token: "unknown" }).request("GET", `${v1}/nodes`)).status).toBeGreaterThanOrEqual(
        401,
      );
      // The aggregator's own probe and administrators need no review; numbers are kept.
      expect(await asUser("system:kube-aggregator", "system:masters")).toBe(200);
      expect((await cluster.direct({}).request("GET", "/livez")).status).toBe(200);
    } finally {
      await cluster.plane.apiServer.start();
    }
    await eventually("viewers are served again", async () => (await asUser("viewer")) === 200 || undefined, 20_000);
    expect(await asUser("stranger")).toBe(403);
    expect(serverLog(cluster)).not.toMatch(/^F /m);
  });
});
