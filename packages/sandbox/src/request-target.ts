/**
 * What a request is about, read once from the raw target: authorization and dispatch use the same answer.
 *
 * @see apiserver `pkg/endpoints/request/requestinfo.go`
 */
export interface RequestTarget {
  /** Decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Non-empty steps of the path. */
  readonly steps: readonly string[];
  /** RBAC's word; for paths that are no resource the method in lower case. */
  readonly verb: string;
  /** `undefined`: no resource, judged by its path. */
  readonly resource: ResourceTarget | undefined;
}

export interface ResourceTarget {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** The name access is judged by: a list narrowed to one name by its field selector is judged by that name. */
  readonly judgedName: string;
}

/** Steps that belong to the namespace itself; any other one after its name is a resource inside it. */
const namespaceSubresources = new Set(["status", "finalize"]);

/** @param rawTarget - path and query as they came, `/api/v1/pods?watch=1` */
export function parseRequestTarget(method: string, rawTarget: string): RequestTarget {
  const mark = rawTarget.indexOf("?");
  const path = percentDecoded(mark < 0 ? rawTarget : rawTarget.slice(0, mark));
  const query = new URLSearchParams(mark < 0 ? "" : rawTarget.slice(mark + 1));
  const steps = path.split("/").filter((step) => step !== "");
  const prefix = steps[0];
  const isGrouped = prefix === "apis";
  if ((prefix !== "api" && !isGrouped) || steps.length < (isGrouped ? 4 : 3)) {
    return { path, query, steps, verb: method.toLowerCase(), resource: undefined };
  }
  const [group = "", version = "", ...rest] = isGrouped ? steps.slice(1) : ["", ...steps.slice(1)];
  const resource = resourceTarget(group, version, rest);
  const verb = verbOf(method, resource.name, query);
  const isCollection = verb === "list" || verb === "watch" || verb === "deletecollection";
  const judgedName = isCollection ? selectedName(query) : resource.name;
  return { path, query, steps, verb, resource: { ...resource, judgedName } };
}

function resourceTarget(group: string, version: string, rest: readonly string[]): Omit<ResourceTarget, "judgedName"> {
  let namespace = "";
  let parts = rest;
  const [first, second, third] = rest;
  if (first === "namespaces" && second !== undefined) {
    namespace = second;
    if (third !== undefined && !namespaceSubresources.has(third)) parts = rest.slice(2);
  }
  const [resource = "", name = "", subresource = ""] = parts;
  return { group, version, namespace, resource, subresource, name };
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === "" ? "deletecollection" : "delete";
    case "GET":
    case "HEAD": {
      if (name !== "") return "get";
      const watch = query.get("watch");
      return watch !== null && watch !== "0" && watch.toLowerCase() !== "false" ? "watch" : "list";
    }
    default:
      return "";
  }
}

function selectedName(query: URLSearchParams): string {
  const terms = (query.get("fieldSelector") ?? "").split(",");
  const term = terms.find((candidate) => candidate.startsWith("metadata.name="));
  return term === undefined ? "" : term.slice("metadata.name=".length).replace(/^=/, "");
}

/** Escapes that are no UTF-8 stay as they are: refusing them is the handler's matter. */
function percentDecoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
