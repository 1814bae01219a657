/** The roles and bindings every cluster starts with, and those of metrics-server's manifest. */
import type { KubeObject } from "./kube-object.ts";

const apiVersion = "rbac.authorization.k8s.io/v1";
const rbacGroup = "rbac.authorization.k8s.io";

type Rule = { readonly [key: string]: readonly string[] };
type Subject = {
  readonly kind: "User" | "Group" | "ServiceAccount";
  readonly name: string;
  readonly namespace?: string;
};

const readVerbs = ["get", "list", "watch"];

/** Default roles as kube-apiserver makes them, as far as the sandbox needs them, and the viewer's. */
export const bootstrapRbac: readonly KubeObject[] = [
  clusterRole("cluster-admin", [
    { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
    { nonResourceURLs: ["*"], verbs: ["*"] },
  ]),
  clusterRole("system:discovery", [
    {
      nonResourceURLs: [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
      ],
      verbs: ["get"],
    },
  ]),
  clusterRole("system:public-info-viewer", [
    { nonResourceURLs: ["/healthz", "/livez", "/readyz", "/version", "/version/"], verbs: ["get"] },
  ]),
  clusterRole("system:basic-user", [
    {
      apiGroups: ["authorization.k8s.io"],
      resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
      verbs: ["create"],
    },
    { apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"], verbs: ["create"] },
  ]),
  clusterRole("system:auth-delegator", [
    { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
    { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
  ]),
  clusterRole("system:monitoring", [
    {
      nonResourceURLs: ["/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/readyz", "/readyz/*"],
      verbs: ["get"],
    },
  ]),
  clusterRole("sandbox:viewer", [
    {
      apiGroups: [""],
      resources: ["configmaps", "endpoints", "events", "namespaces", "nodes", "pods", "serviceaccounts", "services"],
      verbs: readVerbs,
    },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: readVerbs },
    { apiGroups: ["apiregistration.k8s.io"], resources: ["apiservices"], verbs: readVerbs },
    {
      apiGroups: ["metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io"],
      resources: ["*"],
      verbs: readVerbs,
    },
  ]),
  role("kube-system", "extension-apiserver-authentication-reader", [
    {
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: ["extension-apiserver-authentication"],
      verbs: readVerbs,
    },
  ]),
  clusterRoleBinding("cluster-admin", "cluster-admin", [{ kind: "Group", name: "system:masters" }]),
  clusterRoleBinding("system:discovery", "system:discovery", [{ kind: "Group", name: "system:authenticated" }]),
  clusterRoleBinding("system:basic-user", "system:basic-user", [{ kind: "Group", name: "system:authenticated" }]),
  clusterRoleBinding("system:public-info-viewer", "system:public-info-viewer", [
    { kind: "Group", name: "system:authenticated" },
    { kind: "Group", name: "system:unauthenticated" },
  ]),
  clusterRoleBinding("system:monitoring", "system:monitoring", [{ kind: "Group", name: "system:monitoring" }]),
  clusterRoleBinding("sandbox:viewer", "sandbox:viewer", [{ kind: "User", name: "viewer" }]),
];

const metricsServer: Subject = { kind: "ServiceAccount", name: "metrics-server", namespace: "kube-system" };

/**
 * The rights of metrics-server: kubelet metrics, nodes and pods, asking for reviews, reading the trust ConfigMap. Nothing else.
 *
 * @see metrics-server `manifests/base/rbac.yaml`
 */
export const metricsServerRbac: readonly KubeObject[] = [
  {
    ...clusterRole("system:aggregated-metrics-reader", [
      { apiGroups: ["metrics.k8s.io"], resources: ["pods", "nodes"], verbs: readVerbs },
    ]),
  },
  clusterRole("system:metrics-server", [
    { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
    { apiGroups: [""], resources: ["pods", "nodes"], verbs: readVerbs },
  ]),
  clusterRoleBinding("metrics-server:system:auth-delegator", "system:auth-delegator", [metricsServer]),
  clusterRoleBinding("system:metrics-server", "system:metrics-server", [metricsServer]),
  {
    apiVersion,
    kind: "RoleBinding",
    metadata: { name: "metrics-server-auth-reader", namespace: "kube-system" },
    roleRef: { apiGroup: rbacGroup, kind: "Role", name: "extension-apiserver-authentication-reader" },
    subjects: [metricsServer],
  },
];

function clusterRole(name: string, rules: readonly Rule[]): KubeObject {
  return { apiVersion, kind: "ClusterRole", metadata: { name }, rules };
}

function role(namespace: string, name: string, rules: readonly Rule[]): KubeObject {
  return { apiVersion, kind: "Role", metadata: { name, namespace }, rules };
}

function clusterRoleBinding(name: string, roleName: string, subjects: readonly Subject[]): KubeObject {
  return {
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: roleName },
    subjects: subjects.map((subject) =>
      subject.kind === "ServiceAccount" ? subject : { ...subject, apiGroup: rbacGroup },
    ),
  };
}
