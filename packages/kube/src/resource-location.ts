/** The verbs of RBAC. */
export type KubeVerb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

/** What a request is about, in RBAC's terms. Error messages name it. */
export interface ResourceLocation {
  /** `""` for the core group. */
  readonly group: string;
  readonly resource: string;
  /** Absent at the cluster scope, or for all namespaces. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** `list pods`, `watch configmaps "x" in namespace "kube-system"`, `create tokenreviews.authentication.k8s.io`. */
export function requestText(verb: KubeVerb, at: ResourceLocation): string {
  const resource = at.group === "" ? at.resource : `${at.resource}.${at.group}`;
  const name = at.name === undefined ? "" : ` "${at.name}"`;
  const scope = at.namespace === undefined ? "" : ` in namespace "${at.namespace}"`;
  return `${verb} ${resource}${name}${scope}`;
}

/** How an administrator grants what was refused: the object to create, in one sentence. */
export function missingPermission(verb: KubeVerb, at: ResourceLocation): string {
  if (at.resource === "configmaps" && at.name === "extension-apiserver-authentication") {
    return `bind the Role "extension-apiserver-authentication-reader" in namespace "kube-system" to that user with a RoleBinding`;
  }
  if (verb === "create" && (at.resource === "tokenreviews" || at.resource === "subjectaccessreviews")) {
    return `bind the ClusterRole "system:auth-delegator" to that user with a ClusterRoleBinding`;
  }
  const rule = `apiGroups: ["${at.group}"], resources: ["${at.resource}"], verbs: ["${verb}"]`;
  return at.namespace === undefined
    ? `bind a ClusterRole with the rule {${rule}} to that user with a ClusterRoleBinding`
    : `bind a Role in namespace "${at.namespace}" with the rule {${rule}} to that user with a RoleBinding`;
}
