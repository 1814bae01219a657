/**
 * What metrics-server, kubectl and the suites ask an API server: put to the sandbox and to the real kube-apiserver alike.
 *
 * Nodes, pods and metrics are the same in both, so are the answers, but for what `normalized` takes out.
 */
import type { Credentials } from "../control-plane/api-client.ts";

export interface ApiRequest {
  readonly name: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the administrator. */
  readonly who?: "admin" | "nobody" | "anonymous" | "wrong token";
}

const table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
const metrics = "/apis/metrics.k8s.io/v1";
const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices";
const json = { "content-type": "application/json" };
const merge = { "content-type": "application/merge-patch+json" };
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const selfReviews = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const account = "system:serviceaccount:kube-system:metrics-server";

const review = (kind: string, group: string, spec: object): unknown => ({ apiVersion: `${group}/v1`, kind, spec });
const authorization = "authorization.k8s.io";

const binding = (name: string, subjects: readonly object[]): object => ({
  metadata: { name },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects,
});

export interface KnownNames {
  readonly node: string;
  readonly pod: string;
  readonly namespace: string;
  readonly selector: string;
}

export function apiRequests({ node, pod, namespace, selector }: KnownNames): readonly ApiRequest[] {
  const get = (name: string, path: string, more: Partial<ApiRequest> = {}): ApiRequest => ({ name, path, ...more });
  const encoded = encodeURIComponent(selector);
  return [
    // Core objects, as caches and kubectl read them.
    get("list nodes", "/api/v1/nodes"),
    get("get a node", `/api/v1/nodes/${node}`),
    get("get a node that is not there", "/api/v1/nodes/nowhere"),
    get("list pods of a namespace", `/api/v1/namespaces/${namespace}/pods`),
    get("list pods by label", `/api/v1/pods?labelSelector=${encoded}`),
    get("list pods by node", `/api/v1/pods?fieldSelector=spec.nodeName%3D${node}`),
    get("list pods by phase", "/api/v1/pods?fieldSelector=status.phase%3DPending"),
    get("a label selector that is none", "/api/v1/pods?labelSelector=a%3D%3D%3Db"),
    get("a field that cannot be selected", "/api/v1/pods?fieldSelector=spec.nonsense%3D1"),
    get("a resource version that is none", "/api/v1/pods?resourceVersion=x"),
    get("a resource version below none", "/api/v1/pods?resourceVersion=-1"),
    get("a resource version beyond all", "/api/v1/pods?resourceVersion=99999999999999999999"),
    get("a watch from a resource version that is none", "/api/v1/pods?watch=1&resourceVersion=x"),
    get("a limit that is none", "/api/v1/pods?limit=x"),
    get("a continue token that is none", "/api/v1/pods?limit=1&continue=x"),
    get("a continue token that is null", "/api/v1/pods?limit=1&continue=bnVsbA"),
    get("nodes as a table", "/api/v1/nodes", { headers: { accept: table } }),
    get("pods as partial objects", `/api/v1/namespaces/${namespace}/pods`, { headers: { accept: partial } }),
    get("a form that is not offered", "/api/v1/nodes", { headers: { accept: "application/xml" } }),
    get("an unknown resource", "/api/v1/nonsense"),
    get("an unknown group", "/apis/nonsense.example/v1/things"),
    get("an unknown path", "/nonsense"),
    get("the trust ConfigMap of another name", "/api/v1/namespaces/kube-system/configmaps/nonsense"),

    // Discovery and health.
    get("legacy discovery of the core", "/api"),
    get("the metrics group", "/apis/metrics.k8s.io"),
    get("the metrics resources", metrics),
    get("the metrics resources, older version", "/apis/metrics.k8s.io/v1beta1"),
    get("a version that is not there", "/apis/metrics.k8s.io/v2"),
    get("health", "/healthz"),
    get("liveness", "/livez"),

    // Who is allowed.
    get("nodes as nobody", "/api/v1/nodes", { who: "nobody" }),
    get("a node as nobody", `/api/v1/nodes/${node}`, { who: "nobody" }),
    get("pods as nobody", `/api/v1/namespaces/${namespace}/pods`, { who: "nobody" }),
    get("nodes as anonymous", "/api/v1/nodes", { who: "anonymous" }),
    get("nodes with a wrong token", "/api/v1/nodes", { who: "wrong token" }),
    get("metrics as nobody", `${metrics}/nodes`, { who: "nobody" }),
    get("metrics of a pod as nobody", `${metrics}/namespaces/${namespace}/pods/${pod}`, { who: "nobody" }),
    get("metrics as anonymous", `${metrics}/nodes`, { who: "anonymous" }),
    get("metrics with a wrong token", `${metrics}/nodes`, { who: "wrong token" }),
    get("health as anonymous", "/healthz", { who: "anonymous" }),
    get("discovery as anonymous", "/apis", { who: "anonymous" }),
    get("an unknown path as nobody", "/nonsense", { who: "nobody" }),

    get("as an account, list nodes", "/api/v1/nodes", { headers: { "impersonate-user": account } }),
    get("who anonymous is, as the administrator", selfReviews, {
      method: "POST",
      headers: { ...json, "impersonate-user": "system:anonymous" },
      body: {},
    }),
    get("who an unauthenticated user is, as the administrator", selfReviews, {
      method: "POST",
      headers: { ...json, "impersonate-user": "jane", "impersonate-group": "system:unauthenticated" },
      body: {},
    }),
    ...["system:serviceaccount:default:x", "system:serviceaccount:Default:x", "system:serviceaccount:default:x:y"].map(
      (name) =>
        get(`who ${name} is, as the administrator`, selfReviews, {
          method: "POST",
          headers: { ...json, "impersonate-user": name },
          body: {},
        }),
    ),

    // Metrics through the aggregator.
    get("metrics of a node that is not there", `${metrics}/nodes/nowhere`),
    get("metrics of a pod that is not there", `${metrics}/namespaces/${namespace}/pods/nowhere`),
    get("an unknown metrics resource", `${metrics}/things`),
    get("metrics by a label selector that is none", `${metrics}/nodes?labelSelector=a%3D%3D%3Db`),
    get("metrics with an encoded slash", `${metrics}/namespaces/${namespace}%2Fpods`),
    get("metrics with a timeout that is none", `${metrics}/nodes?timeout=x`),
    get("metrics written", `${metrics}/nodes/${node}`, { method: "DELETE" }),
    get("metrics posted", `${metrics}/nodes`, { method: "POST", body: {}, headers: json }),

    // Reviews.
    get("an access review that allows", `/apis/${authorization}/v1/subjectaccessreviews`, {
      method: "POST",
      headers: json,
      body: review("SubjectAccessReview", authorization, {
        user: account,
        resourceAttributes: { verb: "list", resource: "nodes" },
      }),
    }),
    get("an access review that does not", `/apis/${authorization}/v1/subjectaccessreviews`, {
      method: "POST",
      headers: json,
      body: review("SubjectAccessReview", authorization, {
        user: account,
        resourceAttributes: { verb: "delete", resource: "nodes" },
      }),
    }),
    get("an access review of system:masters", `/apis/${authorization}/v1/subjectaccessreviews`, {
      method: "POST",
      headers: json,
      body: review("SubjectAccessReview", authorization, {
        user: "somebody",
        groups: ["system:masters"],
        resourceAttributes: { verb: "*", group: "*", resource: "*" },
      }),
    }),
    get("an access review of a path", `/apis/${authorization}/v1/subjectaccessreviews`, {
      method: "POST",
      headers: json,
      body: review("SubjectAccessReview", authorization, {
        user: "somebody",
        groups: ["system:authenticated"],
        nonResourceAttributes: { verb: "get", path: "/metrics" },
      }),
    }),
    get("an access review of nobody", `/apis/${authorization}/v1/subjectaccessreviews`, {
      method: "POST",
      headers: json,
      body: review("SubjectAccessReview", authorization, { resourceAttributes: { verb: "get", resource: "pods" } }),
    }),
    get("an access review of nothing", `/apis/${authorization}/v1/subjectaccessreviews`, {
      method: "POST",
      headers: json,
      body: review("SubjectAccessReview", authorization, { user: "x" }),
    }),
    get("an access review of a resource and a path", `/apis/${authorization}/v1/subjectaccessreviews`, {
      method: "POST",
      headers: json,
      body: review("SubjectAccessReview", authorization, {
        user: "x",
        resourceAttributes: { verb: "get", resource: "pods" },
        nonResourceAttributes: { verb: "get", path: "/" },
      }),
    }),
    get("an access review as nobody", `/apis/${authorization}/v1/subjectaccessreviews`, {
      who: "nobody",
      method: "POST",
      headers: json,
      body: review("SubjectAccessReview", authorization, { user: "x", resourceAttributes: { verb: "get" } }),
    }),
    get("an access review of oneself", `/apis/${authorization}/v1/selfsubjectaccessreviews`, {
      who: "nobody",
      method: "POST",
      headers: json,
      body: review("SelfSubjectAccessReview", authorization, { resourceAttributes: { verb: "get", resource: "pods" } }),
    }),
    get("a token review of a wrong token", "/apis/authentication.k8s.io/v1/tokenreviews", {
      method: "POST",
      headers: json,
      body: review("TokenReview", "authentication.k8s.io", { token: "x.y.z" }),
    }),
    get("a token review of no token", "/apis/authentication.k8s.io/v1/tokenreviews", {
      method: "POST",
      headers: json,
      body: review("TokenReview", "authentication.k8s.io", {}),
    }),

    // Writes.
    get("a role binding of an account without a namespace", `${rbac}/namespaces/${namespace}/rolebindings`, {
      method: "POST",
      headers: json,
      body: binding("local", [
        { kind: "ServiceAccount", name: "local" },
        { kind: "User", name: "jane" },
      ]),
    }),
    get("create a node that is there", "/api/v1/nodes", {
      method: "POST",
      headers: json,
      body: { apiVersion: "v1", kind: "Node", metadata: { name: node } },
    }),
    get("create in another kind's collection", "/api/v1/nodes", {
      method: "POST",
      headers: json,
      body: { apiVersion: "v1", kind: "Pod", metadata: { name: "x" } },
    }),
    get("create with a name that is none", "/api/v1/namespaces", {
      method: "POST",
      headers: json,
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "Not_A_Name" } },
    }),
    get("create what is no JSON", "/api/v1/nodes", { method: "POST", headers: json, body: "{" }),
    get("create as nobody", "/api/v1/nodes", {
      who: "nobody",
      method: "POST",
      headers: json,
      body: { apiVersion: "v1", kind: "Node", metadata: { name: "x" } },
    }),
    get("create in a namespace that is not there", "/api/v1/namespaces/nowhere/services", {
      method: "POST",
      headers: json,
      body: { apiVersion: "v1", kind: "Service", metadata: { name: "x" }, spec: { ports: [{ port: 1 }] } },
    }),
    get("patch a node that is not there", "/api/v1/nodes/nowhere", { method: "PATCH", headers: merge, body: {} }),
    get("patch in a form that is not known", `/api/v1/nodes/${node}`, {
      method: "PATCH",
      headers: { "content-type": "text/plain" },
      body: {},
    }),
    get("patch with an old resource version", `/api/v1/nodes/${node}`, {
      method: "PATCH",
      headers: merge,
      body: { metadata: { resourceVersion: "1", labels: { a: "b" } } },
    }),
    get("delete a pod that is not there", `/api/v1/namespaces/${namespace}/pods/nowhere`, { method: "DELETE" }),
    get("a cluster role binding of an account without a namespace", `${rbac}/clusterrolebindings`, {
      method: "POST",
      headers: json,
      body: binding("placeless", [{ kind: "ServiceAccount", name: "default" }]),
    }),
    get("a cluster role binding of a role", `${rbac}/clusterrolebindings`, {
      method: "POST",
      headers: json,
      body: { ...binding("narrow", []), roleRef: { kind: "Role", name: "x" } },
    }),
    get("another role for a role binding", `${rbac}/namespaces/${namespace}/rolebindings/local`, {
      method: "PATCH",
      headers: merge,
      body: { roleRef: { name: "view" } },
    }),
    get("other subjects for a role binding", `${rbac}/namespaces/${namespace}/rolebindings/local`, {
      method: "PUT",
      headers: json,
      body: { ...binding("local", [{ kind: "ServiceAccount", name: "local" }]) },
    }),
    ...serviceChanges(`/api/v1/namespaces/${namespace}/services`),
    ...deletions(`/api/v1/namespaces/${namespace}/configmaps`),
    get("an APIService whose name does not fit", apiServices, {
      method: "POST",
      headers: json,
      body: {
        apiVersion: "apiregistration.k8s.io/v1",
        kind: "APIService",
        metadata: { name: "v1.other.example" },
        spec: {
          group: "metrics.k8s.io",
          version: "v1",
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service: { namespace: "kube-system", name: "metrics-server" },
        },
      },
    }),
    get(
      "an access review by a role binding of an account without a namespace",
      `/apis/${authorization}/v1/subjectaccessreviews`,
      {
        method: "POST",
        headers: json,
        body: review("SubjectAccessReview", authorization, {
          user: `system:serviceaccount:${namespace}:local`,
          resourceAttributes: { verb: "list", resource: "pods", namespace },
        }),
      },
    ),
  ];
}

function serviceChanges(services: string): readonly ApiRequest[] {
  const change = (name: string, method: string, body: object, type = "application/json", query = ""): ApiRequest => ({
    name: `service: ${name}`,
    method,
    path: method === "POST" ? services : `${services}/changing${query}`,
    headers: { "content-type": type },
    body,
  });
  const put = (name: string, spec: object, query = ""): ApiRequest =>
    change(name, "PUT", { metadata: { name: "changing" }, spec }, "application/json", query);
  const patch = (name: string, body: object): ApiRequest =>
    change(name, "PATCH", body, "application/strategic-merge-patch+json");
  const port = (number: number): object => ({ name: `p${number}`, port: number });
  const ports = (...items: object[]): object => ({ spec: { ports: items } });
  return [
    change("create", "POST", { metadata: { name: "changing" }, ...ports(port(80), port(81)) }),
    put("replace", { ports: [port(80), port(81)], selector: { app: "x" }, sessionAffinity: "ClientIP" }),
    put("replace by one of another address", { ports: [port(80)], clusterIP: "10.96.77.77" }),
    put("replace by an external name", { type: "ExternalName", externalName: "x.example" }, "?dryRun=All"),
    patch("add a port", ports(port(82))),
    patch("change a port", ports({ port: 81, name: "changed", targetPort: 8081 })),
    patch("delete a port, as kubectl apply", {
      spec: { ports: [{ $patch: "delete", port: 81 }], "$setElementOrder/ports": [{ port: 80 }, { port: 82 }] },
    }),
    patch("order ports", {
      spec: { ports: [port(83)], "$setElementOrder/ports": [{ port: 83 }, { port: 80 }, { port: 82 }] },
    }),
    patch("replace all ports", ports(port(84), { $patch: "replace" })),
    patch("add a finalizer", { metadata: { finalizers: ["example.com/a"] } }),
    patch("add another finalizer", { metadata: { finalizers: ["example.com/b"] } }),
    patch("delete a finalizer", { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/a"] } }),
    patch("delete the last finalizer", { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/b"] } }),
    patch("replace the selector", { spec: { selector: { $patch: "replace", tier: "y" } } }),
    patch("retain what is not in the patch", { spec: { selector: { app: "x", $retainKeys: ["app"] } } }),
    patch("delete the selector", { spec: { selector: { $patch: "delete" } } }),
    patch("retain too little", { spec: { type: "ClusterIP", $retainKeys: ["ports"] } }),
    patch("retain no list", { spec: { $retainKeys: "ports" } }),
    patch("delete the last port", ports({ $patch: "delete", port: 84 })),
    patch("an unknown directive for a port", ports({ $patch: "mangle", port: 84 })),
    patch("an unknown directive for the spec", { spec: { $patch: "mangle" } }),
    patch("a port without its key", ports({ name: "x" })),
    patch("an order that does not fit", { spec: { ports: [port(84)], "$setElementOrder/ports": [{ port: 85 }] } }),
    { name: "service: is as before", path: `${services}/changing` },
  ];
}

function deletions(maps: string): readonly ApiRequest[] {
  const send = (name: string, method: string, path: string, body?: unknown): ApiRequest => ({
    name,
    method,
    path: `${maps}${path}`,
    ...(body !== undefined && { headers: json, body }),
  });
  const patch = (name: string, body: object): ApiRequest => ({
    ...send(name, "PATCH", "/short-lived", body),
    headers: merge,
  });
  const finalizers = ["example.com/a", "example.com/b"];
  const configMap = { metadata: { name: "short-lived", labels: { set: "short-lived" } }, data: { a: "1" } };
  const options = (more: object): object => ({ kind: "DeleteOptions", apiVersion: "v1", ...more });
  const set = "?labelSelector=set%3Dshort-lived";
  return [
    send("create a config map", "POST", "", configMap),
    send("replace by an object of another uid", "PUT", "/short-lived", {
      metadata: { ...configMap.metadata, uid: "x" },
    }),
    patch("patch the uid", { metadata: { uid: "x" } }),
    send("create with a dry run that is none", "POST", "?dryRun=Some", configMap),
    send("update with a dry run that is none", "PUT", "/short-lived?dryRun=Some", configMap),
    send("delete with a dry run that is none", "DELETE", "/short-lived", options({ dryRun: ["Some"] })),
    send("delete by the query of a dry run", "DELETE", "/short-lived?dryRun=All"),
    send("delete by the body of a dry run", "DELETE", "/short-lived", options({ dryRun: ["All"] })),
    send("delete an object of another uid", "DELETE", "/short-lived", options({ preconditions: { uid: "x" } })),
    send("delete another version", "DELETE", "/short-lived", options({ preconditions: { resourceVersion: "1" } })),
    send("delete a collection of another uid", "DELETE", set, options({ preconditions: { uid: "x" } })),
    send("delete a collection by the body of a dry run", "DELETE", set, options({ dryRun: ["All"] })),
    send("is still there", "GET", "/short-lived"),
    send("delete a collection", "DELETE", set),
    send("is gone", "GET", "/short-lived"),
    send("create with finalizers", "POST", "", {
      ...configMap,
      metadata: { ...configMap.metadata, finalizers, deletionTimestamp: "2001-01-01T00:00:00Z" },
    }),
    patch("mark as deleted by a patch", { metadata: { deletionTimestamp: "2001-01-01T00:00:00Z" } }),
    send("delete what has finalizers, by a dry run", "DELETE", "/short-lived?dryRun=All"),
    send("delete what has finalizers", "DELETE", "/short-lived"),
    send("delete it again", "DELETE", "/short-lived"),
    send("create it again", "POST", "", configMap),
    patch("add a finalizer while it is deleted", { metadata: { finalizers: [...finalizers, "example.com/c"] } }),
    patch("change it while it is deleted", { data: { a: "2" }, metadata: { deletionTimestamp: null } }),
    patch("take a finalizer away", { metadata: { finalizers: finalizers.slice(1) } }),
    patch("take the last finalizer away from an old version", { metadata: { finalizers: null, resourceVersion: "1" } }),
    patch("take the last finalizer away", { metadata: { finalizers: null } }),
    send("is gone with its last finalizer", "GET", "/short-lived"),
  ];
}

/** Values that differ between any two clusters, by field name. */
const volatileFields = new Set([
  "resourceVersion",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "managedFields",
  "selfLink",
  "timestamp",
  "startTime",
  "startedAt",
  "lastHeartbeatTime",
  "lastTransitionTime",
  "containerID",
  "clusterIP",
  "clusterIPs",
  "serverAddressByClientCIDRs",
  "caBundle",
  "continue",
  "remainingItemCount",
  "retryAfterSeconds",
]);

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** A body without what differs between any two clusters; text that is no JSON stays as it is. */
export function normalized(text: string): unknown {
  try {
    return strip(JSON.parse(text));
  } catch {
    return text.trim();
  }
}

function strip(value: unknown): unknown {
  if (typeof value === "string")
    return value.replaceAll(uid, "<uid>").replace(/in record \(\d+\)/, "in record (<version>)");
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field]) => !volatileFields.has(field))
      .map(([field, content]) => [field, strip(content)]),
  );
}

export function credentialsOf(
  who: ApiRequest["who"],
  users: { readonly admin: Credentials; readonly nobody: Credentials },
): Credentials {
  if (who === "anonymous") return {};
  if (who === "wrong token") return { token: "x.y.z" };
  return users[who ?? "admin"];
}
