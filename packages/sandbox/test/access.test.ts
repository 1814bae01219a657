import { issueAuthority, issueClient } from "@kubemetrics/x509";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "@kubemetrics/sandbox";
import { clientOf, httpsClient, type Client } from "./http-client.ts";

let cluster: Sandbox;
let admin: Client;
let viewer: Client;
let nobody: Client;
let anonymous: Client;
let server: Client;
beforeAll(async () => {
  cluster = await startSandbox({ nodes: 1, podsPerNode: 1 });
  admin = clientOf(cluster.kubeconfig("admin"));
  viewer = clientOf(cluster.kubeconfig("viewer"));
  nobody = clientOf(cluster.kubeconfig("nobody"));
  server = clientOf(cluster.metricsServerAccount().kubeconfig);
  anonymous = httpsClient(cluster.url, { ca: cluster.authorityPem });
});
afterAll(async () => {
  for (const client of [admin, viewer, nobody, anonymous, server]) await client[Symbol.asyncDispose]();
  await cluster.close();
});

describe("who a caller is", () => {
  it.each([
    ["admin", () => admin, ["system:masters", "system:authenticated"]],
    ["viewer", () => viewer, ["system:authenticated"]],
    [
      "system:serviceaccount:kube-system:metrics-server",
      () => server,
      ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
    ],
  ])("is %s by certificate or token", async (username, client, groups) => {
    const answer = await client()("/apis/authentication.k8s.io/v1/selfsubjectreviews", { method: "POST", body: {} });
    expect(answer.status).toBe(201);
    expect(answer.json().status.userInfo).toMatchObject({ username, groups });
  });

  it("is anonymous with nothing to show, which opens health and version only", async () => {
    for (const path of ["/healthz", "/livez", "/readyz", "/version"]) expect((await anonymous(path)).status).toBe(200);
    const refused = await anonymous("/api/v1/pods");
    expect(refused.json()).toMatchObject({ code: 403, reason: "Forbidden" });
    expect(refused.json().message).toBe(
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
    );
    const path = await anonymous("/apis");
    expect(path.json().message).toBe('forbidden: User "system:anonymous" cannot get path "/apis"');
  });

  it.each([
    ["a token nobody issued", () => httpsClient(cluster.url, { ca: cluster.authorityPem, token: "made-up" })],
    ["a certificate of another authority", () => httpsClient(cluster.url, foreignCertificate())],
  ])("is refused with 401 for %s, never taken for anonymous", async (_, client) => {
    await using refused = client();
    const answer = await refused("/healthz");
    expect(answer.json()).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "Unauthorized",
      reason: "Unauthorized",
      code: 401,
    });
  });

  it("loses its token with its account", async () => {
    await using gone = clientOf(cluster.serviceAccount("default", "short-lived").kubeconfig);
    expect((await gone("/version")).status).toBe(200);
    await admin("/api/v1/namespaces/default/serviceaccounts/short-lived", { method: "DELETE" });
    expect((await gone("/version")).status).toBe(401);
  });

  function foreignCertificate() {
    const { certificatePem, keyPem } = issueClient(issueAuthority({ commonName: "kubernetes" }), {
      commonName: "admin",
      organizations: ["system:masters"],
    });
    return { ca: cluster.authorityPem, cert: certificatePem, key: keyPem };
  }
});

describe("what a caller may do", () => {
  it.each([
    ["viewer", () => viewer, "GET", "/api/v1/namespaces/default/pods", true],
    ["viewer", () => viewer, "GET", "/api/v1/nodes", true],
    ["viewer", () => viewer, "DELETE", "/api/v1/nodes/node-001", false],
    ["nobody", () => nobody, "GET", "/apis", true],
    ["nobody", () => nobody, "GET", "/api/v1/namespaces/default/pods", false],
    ["metrics-server", () => server, "GET", "/api/v1/pods", true],
    ["metrics-server", () => server, "GET", "/api/v1/configmaps", false],
  ])("%s: %s %s", async (_, client, method, path, isAllowed) => {
    const answer = await client()(path, { method });
    expect(answer.status).toBe(isAllowed ? 200 : 403);
  });

  it("is judged by the selected name: metrics-server reads the trust ConfigMap and no other", async () => {
    const maps = "/api/v1/namespaces/kube-system/configmaps";
    const own = await server(`${maps}?fieldSelector=metadata.name%3Dextension-apiserver-authentication`);
    expect(Object.keys(own.json().items[0]!.data).toSorted()).toEqual([
      "client-ca-file",
      "requestheader-allowed-names",
      "requestheader-client-ca-file",
      "requestheader-extra-headers-prefix",
      "requestheader-group-headers",
      "requestheader-uid-headers",
      "requestheader-username-headers",
    ]);
    expect((await server(`${maps}/extension-apiserver-authentication`)).status).toBe(200);
    expect((await server(maps)).status).toBe(403);
    expect((await server(`${maps}?fieldSelector=metadata.name%3Dother`)).status).toBe(403);
  });

  it("follows bindings as they come and go", async () => {
    const subject = { kind: "User", name: "nobody", apiGroup: "rbac.authorization.k8s.io" };
    const roleRef = { kind: "ClusterRole", name: "sandbox:viewer", apiGroup: "rbac.authorization.k8s.io" };
    const bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";
    await admin(bindings, { method: "POST", body: { metadata: { name: "let-in" }, subjects: [subject], roleRef } });
    expect((await nobody("/api/v1/namespaces/default/pods")).status).toBe(200);
    expect((await nobody("/api/v1/namespaces/kube-system/pods")).status).toBe(403);
    expect((await nobody("/api/v1/pods")).status).toBe(403);
    await admin(`${bindings}/let-in`, { method: "DELETE" });
    expect((await nobody("/api/v1/namespaces/default/pods")).status).toBe(403);
  });

  it("follows a RoleBinding to an account of its own namespace, which it need not name", async () => {
    await using account = clientOf(cluster.serviceAccount("default", "local").kubeconfig);
    await using stranger = clientOf(cluster.serviceAccount("kube-system", "local").kubeconfig);
    const bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";
    const body = {
      metadata: { name: "local" },
      roleRef: { kind: "ClusterRole", name: "sandbox:viewer" },
      subjects: [{ kind: "ServiceAccount", name: "local" }],
    };
    expect((await admin(bindings, { method: "POST", body })).status).toBe(201);
    expect((await account("/api/v1/namespaces/default/pods")).status).toBe(200);
    expect((await stranger("/api/v1/namespaces/default/pods")).status).toBe(403);
  });

  it.each([
    [
      "clusterrolebindings",
      { subjects: [{ kind: "ServiceAccount", name: "x" }] },
      "subjects[0].namespace: Required value",
    ],
    [
      "clusterrolebindings",
      { roleRef: { kind: "Role", name: "x" } },
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    ],
    ["namespaces/default/rolebindings", { roleRef: { kind: "Role" } }, "roleRef.name: Required value"],
    [
      "namespaces/default/rolebindings",
      { subjects: [{ kind: "X", name: "x" }] },
      'subjects[0].kind: Unsupported value: "X"',
    ],
  ])("refuses %s with %o", async (resource, part, message) => {
    const body = { metadata: { name: "wrong" }, roleRef: { kind: "ClusterRole", name: "x" }, ...part };
    const answer = await admin(`/apis/rbac.authorization.k8s.io/v1/${resource}`, { method: "POST", body });
    expect(answer.status).toBe(422);
    expect(answer.json().message).toContain(message);
  });

  it("names subresource, group and namespace in a refusal", async () => {
    const status = await nobody("/apis/apiregistration.k8s.io/v1/apiservices/v1.x/status");
    expect(status.json().message).toBe(
      'apiservices.apiregistration.k8s.io "v1.x" is forbidden: User "nobody" cannot get resource "apiservices/status" in API group "apiregistration.k8s.io" at the cluster scope',
    );
  });
});

describe("acting as somebody else", () => {
  it("is for those who may", async () => {
    const headers = { "impersonate-user": "viewer" };
    expect((await admin("/api/v1/nodes", { headers })).status).toBe(200);
    expect((await admin("/api/v1/nodes/node-001", { method: "DELETE", headers })).status).toBe(403);
    const refused = await viewer("/api/v1/nodes", { headers: { "impersonate-user": "admin" } });
    expect(refused.json().message).toBe(
      'users "admin" is forbidden: User "viewer" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    const group = await viewer("/api/v1/nodes", { headers: { "impersonate-group": "system:masters" } });
    expect(group.status).toBe(400);
  });

  it("as an account takes the right to impersonate accounts of its namespace", async () => {
    await using robot = clientOf(cluster.serviceAccount("default", "robot").kubeconfig);
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const rules = [{ apiGroups: [""], resources: ["serviceaccounts"], verbs: ["impersonate"] }];
    await admin(`${rbac}/roles`, { method: "POST", body: { metadata: { name: "robot" }, rules } });
    const subjects = [{ kind: "ServiceAccount", name: "robot" }];
    const roleRef = { kind: "Role", name: "robot" };
    await admin(`${rbac}/rolebindings`, { method: "POST", body: { metadata: { name: "robot" }, roleRef, subjects } });
    const near = await whoIs(robot, { "impersonate-user": "system:serviceaccount:default:default" });
    expect(near.json().status.userInfo).toEqual({
      username: "system:serviceaccount:default:default",
      groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
    });
    const far = await whoIs(robot, { "impersonate-user": "system:serviceaccount:kube-system:default" });
    expect(far.json().message).toBe(
      'serviceaccounts "default" is forbidden: User "system:serviceaccount:default:robot" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "kube-system"',
    );
  });

  it.each([
    ["system:serviceaccount:Default:default", ["system:authenticated"]],
    ["system:serviceaccount:default:a:b", ["system:authenticated"]],
    ["jane", ["system:authenticated"]],
  ])("%s is a user like any other", async (name, groups) => {
    const { userInfo } = (await whoIs(admin, { "impersonate-user": name })).json().status;
    expect(userInfo).toEqual({ username: name, groups });
  });

  it("authenticates nobody: anonymous stays anonymous", async () => {
    expect((await whoIs(admin, { "impersonate-user": "system:anonymous" })).status).toBe(403);
    const group = { "impersonate-user": "jane", "impersonate-group": "system:unauthenticated" };
    expect((await whoIs(admin, group)).status).toBe(403);
  });

  function whoIs(client: Client, headers: Record<string, string>) {
    return client("/apis/authentication.k8s.io/v1/selfsubjectreviews", { method: "POST", body: {}, headers });
  }
});

describe("reviews", () => {
  const post = async (kind: string, spec: object, client: Client = admin) => {
    const group = kind === "tokenreviews" ? "authentication.k8s.io" : "authorization.k8s.io";
    return (await client(`/apis/${group}/v1/${kind}`, { method: "POST", body: { spec } })).json();
  };

  it("say whose token it is", async () => {
    const { token } = cluster.serviceAccount("default", "reviewed");
    const review = await post("tokenreviews", { token, audiences: ["api"] }, server);
    expect(review).toMatchObject({ kind: "TokenReview", apiVersion: "authentication.k8s.io/v1" });
    expect(review.status).toMatchObject({
      authenticated: true,
      audiences: ["api"],
      user: { username: "system:serviceaccount:default:reviewed", uid: expect.stringMatching(/-/) },
    });
    expect((await post("tokenreviews", { token: "made-up" })).status).toEqual({
      user: {},
      error: "invalid bearer token",
    });
  });

  it.each([
    [{ user: "viewer", resourceAttributes: { verb: "list", resource: "pods", group: "metrics.k8s.io" } }, true],
    [{ user: "viewer", resourceAttributes: { verb: "delete", resource: "pods" } }, false],
    [{ user: "x", groups: ["system:masters"], resourceAttributes: { verb: "delete", resource: "pods" } }, true],
    [{ user: "x", groups: ["system:authenticated"], nonResourceAttributes: { verb: "get", path: "/apis/any" } }, true],
    [{ user: "x", nonResourceAttributes: { verb: "get", path: "/metrics" } }, false],
    [
      {
        user: "system:serviceaccount:kube-system:metrics-server",
        resourceAttributes: { verb: "get", resource: "nodes", subresource: "metrics" },
      },
      true,
    ],
    [
      {
        user: "system:serviceaccount:kube-system:metrics-server",
        resourceAttributes: { verb: "get", resource: "nodes", subresource: "stats" },
      },
      false,
    ],
  ])("judge access: %o", async (spec, allowed) => {
    const { status } = await post("subjectaccessreviews", spec, server);
    expect(status.allowed).toBe(allowed);
  });

  it("say which binding allows", async () => {
    const spec = { user: "viewer", resourceAttributes: { verb: "list", resource: "pods" } };
    expect((await post("subjectaccessreviews", spec)).status.reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "sandbox:viewer" of ClusterRole "sandbox:viewer" to User "viewer"',
    );
  });

  it("answer for the caller", async () => {
    const spec = { resourceAttributes: { verb: "list", resource: "pods" } };
    expect((await post("selfsubjectaccessreviews", spec, viewer)).status.allowed).toBe(true);
    expect((await post("selfsubjectaccessreviews", spec, nobody)).status.allowed).toBe(false);
    const rules = await post("selfsubjectrulesreviews", { namespace: "default" }, nobody);
    expect(rules.status.resourceRules).toHaveLength(2);
    expect(rules.status.nonResourceRules.length).toBeGreaterThan(0);
  });

  it("refuse a question that asks for both or nothing", async () => {
    expect(await post("subjectaccessreviews", { user: "x" })).toMatchObject({ code: 422 });
    expect(await post("subjectaccessreviews", { resourceAttributes: {} })).toMatchObject({ code: 422 });
  });
});
