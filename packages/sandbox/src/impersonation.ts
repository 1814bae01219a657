/**
 * Acting as somebody else (`kubectl --as`), for those who may.
 *
 * @see apiserver `pkg/endpoints/filters/impersonation.go`
 */
import type { IncomingMessage } from "node:http";
import { badRequest } from "@kubemetrics/apimachinery";
import type { AccessRequest } from "./rbac.ts";
import { authenticatedUser, type User } from "./user.ts";

/**
 * The user a request wants to be; `undefined` when it asks for nobody else.
 *
 * @param require - throws when the caller may not do that
 * @throws StatusError 400 for headers that are not understood: ignoring one would run with more rights than asked for
 */
export function impersonated(request: IncomingMessage, require: (access: AccessRequest) => void): User | undefined {
  const headers = request.headersDistinct;
  const asked = Object.keys(headers).filter((name) => name.startsWith("impersonate-"));
  if (asked.length === 0) return undefined;
  const unknown = asked.filter((name) => name !== "impersonate-user" && name !== "impersonate-group");
  const name = headers["impersonate-user"]?.[0] ?? "";
  if (unknown.length > 0 || name === "") {
    throw badRequest(
      `the sandbox understands Impersonate-User and Impersonate-Group only, and needs the first: ${asked.join(", ")}`,
    );
  }
  const groups = headers["impersonate-group"] ?? [];
  require(access("users", name));
  for (const group of groups) require(access("groups", group));
  if (!name.startsWith("system:serviceaccount:")) return authenticatedUser(name, groups);
  const namespace = name.split(":")[2] ?? "";
  const own = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  return authenticatedUser(name, groups.length > 0 ? groups : own);
}

function access(resource: string, name: string): AccessRequest {
  return { verb: "impersonate", group: "", resource, subresource: "", namespace: "", name };
}
