/**
 * Every kind of credential, shown to metrics-server itself and to kube-apiserver in front of it: whoever one of them believes, the other
 * believes, and as the same user. And the roles that a cluster's users have.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiAnswer, ApiClient } from "../control-plane/api-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { startRealCluster, type RealCluster } from "../suites/real-cluster.ts";
import { certificates, certificatesAndTokens, tokens, type CredentialIssuers } from "../suites/shown-credentials.ts";

const path = "/apis/metrics.k8s.io/v1/nodes";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const accounts = "/api/v1/namespaces/default/serviceaccounts";
const roles = ["view", "edit", "admin"];

let cluster: RealCluster;
let issuers: CredentialIssuers;

beforeAll(async () => {
  // The controller-manager fills the aggregated roles.
  cluster = await startRealCluster({ plane: { controllerManager: true } });
  const { admin, plane } = cluster;
  const bind = (role: string, subject: object): Promise<unknown> =>
    admin.post(`${rbac}/clusterrolebindings`, {
      metadata: { generateName: "e2e-" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [subject],
    });
  await bind("view", { kind: "ServiceAccount", name: "viewer", namespace: "default" });
  for (const role of roles) await bind(role, { kind: "User", name: `${role}-user` });
  const [viewer, nobody, deleted] = await Promise.all(
    ["viewer", "nobody", "gone"].map((name) => cluster.token("default", name)),
  );
  const elsewhere = await admin.post<{ status: { token: string } }>(`${accounts}/viewer/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: ["elsewhere"] },
  });
  await admin.request("DELETE", `${accounts}/gone`);
  issuers = {
    authority: plane.clusterAuthority,
    frontProxyAuthority: plane.frontProxyAuthority,
    tokens: { viewer: viewer!, nobody: nobody!, deleted: deleted!, elsewhere: elsewhere.status.token },
  };
  await eventually("the role view is aggregated", () => cluster.as({ token: viewer! }).get<object>(path), 40_000);
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe.each([
  { kind: "a certificate", rows: certificates },
  { kind: "a token", rows: tokens },
  { kind: "both", rows: certificatesAndTokens },
])("$kind:", ({ rows }) => {
  it.each(rows)("$what: $status", async ({ status, user, credentials, authorization, query }) => {
    const who = credentials?.(issuers) ?? {};
    const headers: Record<string, string> = authorization ? { authorization: authorization(issuers) } : {};
    const ask = (client: ApiClient): Promise<ApiAnswer> =>
      client.request("GET", `${path}${query?.(issuers) ?? ""}`, undefined, headers);
    const refused = user === undefined ? "" : `User \\"${user}\\" cannot list`;
    for (const answer of [await ask(cluster.direct(who)), await ask(cluster.as(who))]) {
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(refused)]);
    }
  });
});

describe.each(roles)("the role %s", (role) => {
  it("may read metrics, and do nothing but read them", async () => {
    const aggregated = await cluster.admin.get<{ rules: { apiGroups?: string[]; verbs: string[] }[] }>(
      `${rbac}/clusterroles/${role}`,
    );
    const rules = aggregated.rules.filter(({ apiGroups = [] }) => apiGroups.includes("metrics.k8s.io"));
    expect(rules.map(({ verbs }) => verbs.toSorted())).toEqual([["get", "list", "watch"]]);
    const who = cluster.user(`${role}-user`);
    for (const client of [cluster.as(who), cluster.direct(who)]) {
      expect((await client.request("GET", path)).status).toBe(200);
      const written = await client.request("DELETE", `${path}/${cluster.nodes[0]}`);
      expect([written.status, written.text]).toEqual([403, expect.stringContaining("cannot delete resource")]);
    }
  });
});
