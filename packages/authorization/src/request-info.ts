/**
 * What a request line asks for, in Kubernetes' terms.
 *
 * Read once per request from the raw request target; authorization, dispatch and audit all use this value and nothing
 * else, so that a path cannot be authorized as one thing and served as another.
 *
 * Texts are `""` when the request does not name them.
 *
 * @see k8s.io/apiserver `pkg/endpoints/request/requestinfo.go`
 */
export interface RequestInfo {
  /** True for `/api/<version>/…` and `/apis/<group>/<version>/…` with something after the version. */
  readonly isResourceRequest: boolean;
  /** Percent-decoded path; repeated and trailing slashes kept. */
  readonly path: string;
  /** `get`, `list`, `watch`, `create`, … for resources; the lower-case method otherwise. `""` for an unknown method. */
  readonly verb: string;
  /** `api` or `apis`. */
  readonly apiPrefix: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path parts from the resource on. */
  readonly parts: readonly string[];
  /** First `fieldSelector` of a list, watch or deletecollection, as text. */
  readonly fieldSelector: string;
  /** First `labelSelector` of a list, watch or deletecollection, as text. */
  readonly labelSelector: string;
  /** Everything after the first `?`, still encoded. */
  readonly rawQuery: string;
}
