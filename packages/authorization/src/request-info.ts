/** Reads a request line once, for authorization, dispatch and audit alike. */
import { TargetIncomplete } from "./authorization-error.ts";
import { readListQuery } from "./internal/list-query.ts";
import { splitTarget } from "./internal/request-target.ts";
import { firstValues } from "./query.ts";

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
  /** The first value of each name in the query, decoded. */
  readonly query: ReadonlyMap<string, string>;
}

const verbs: ReadonlyMap<string, string> = new Map([
  ["GET", "get"],
  ["HEAD", "get"],
  ["POST", "create"],
  ["PUT", "update"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
]);

/**
 * Reads a request line.
 *
 * @param method - as on the request line
 * @param rawTarget - as on the request line, bytes as latin-1 (Node's `req.url`); absolute form is understood
 * @throws TargetMalformed when the target is no URL (400)
 * @throws TargetIncomplete when the path ends after `watch` or `proxy` (500)
 */
export function parseRequestInfo(method: string, rawTarget: string): RequestInfo {
  const { path, rawQuery } = splitTarget(rawTarget);
  const parts = splitPath(path);
  const first = parts[0] ?? "";
  const isApi = (first === "api" || first === "apis") && parts.length >= 3;
  if (!isApi || (first === "apis" && parts.length < 4)) {
    return nonResource(method.toLowerCase(), path, rawQuery, isApi ? first : "");
  }
  const apiGroup = first === "apis" ? (parts[1] ?? "") : "";
  const rest = parts.slice(first === "apis" ? 3 : 2);
  const apiVersion = parts[first === "apis" ? 2 : 1] ?? "";

  let verb = verbs.get(method) ?? "";
  const special = rest[0] === "proxy" || rest[0] === "watch";
  if (special) {
    if (rest.length < 2) {
      throw new TargetIncomplete(`unable to determine kind and namespace from url, ${rawTarget}`);
    }
    verb = rest.shift() ?? "";
  }

  let namespace = "";
  let own = rest;
  if (rest[0] === "namespaces" && rest.length > 1) {
    namespace = rest[1] ?? "";
    if (rest.length > 2 && rest[2] !== "status" && rest[2] !== "finalize") own = rest.slice(2);
  }

  const query = firstValues(rawQuery);
  const resource = own[0] ?? "";
  let name = own[1] ?? "";
  const subresource = verb === "proxy" ? "" : (own[2] ?? "");
  if (name === "" && verb === "get") {
    const options = readListQuery(query);
    verb = options.watch ? "watch" : "list";
    name = options.name;
  } else if (name === "" && verb === "delete") {
    verb = "deletecollection";
  }

  const selects = !special && (verb === "list" || verb === "watch" || verb === "deletecollection");
  return {
    isResourceRequest: true,
    path,
    verb,
    apiPrefix: first,
    apiGroup,
    apiVersion,
    namespace,
    resource,
    subresource,
    name,
    parts: own,
    fieldSelector: selects ? (query.get("fieldSelector") ?? "") : "",
    labelSelector: selects ? (query.get("labelSelector") ?? "") : "",
    rawQuery,
    query,
  };
}

/** Parts between slashes, outer slashes cut; an inner `//` is an empty part. */
function splitPath(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path.charCodeAt(start) === 0x2f) start++;
  while (end > start && path.charCodeAt(end - 1) === 0x2f) end--;
  if (start === end) return [];
  const parts: string[] = [];
  // By hand: `split` looks at its own cache first, which unique paths never hit.
  let at = start;
  for (let slash = path.indexOf("/", at); slash >= 0 && slash < end; slash = path.indexOf("/", at)) {
    parts.push(path.slice(at, slash));
    at = slash + 1;
  }
  parts.push(path.slice(at, end));
  return parts;
}

function nonResource(verb: string, path: string, rawQuery: string, apiPrefix: string): RequestInfo {
  return {
    query: firstValues(rawQuery),
    isResourceRequest: false,
    path,
    verb,
    apiPrefix,
    apiGroup: "",
    apiVersion: "",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
    parts: [],
    fieldSelector: "",
    labelSelector: "",
    rawQuery,
  };
}
