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
