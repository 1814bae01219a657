/**
 * Acting as somebody else (`kubectl --as`), for those who may.
 *
 * Only by the verb `impersonate`: the narrower `impersonate-on:…` verbs of Kubernetes 1.36 are not known here.
 *
 * @see apiserver `pkg/endpoints/filters/impersonation/mode.go` (impersonationModeState)
 */
import type { IncomingMessage } from "node:http";
import { badRequest } from "@kubemetrics/apimachinery";
import { isLabelName, isSubdomainName } from "./object-defaults.ts";
import type { AccessRequest } from "./rbac.ts";
import { anonymous, authenticatedUser, serviceAccountGroups, type User } from "./user.ts";

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
  const account = accountNamed(name);
  require(account === undefined ? access("users", name) : access("serviceaccounts", account.name, account.namespace));
  for (const group of groups) require(access("groups", group));
  const own = account === undefined || groups.length > 0 ? groups : serviceAccountGroups(account.namespace);
  return impersonatedUser(name, own);
}

/** Nobody becomes authenticated by acting as somebody who is not. */
function impersonatedUser(name: string, groups: readonly string[]): User {
  const unauthenticated = "system:unauthenticated";
  const isKnown = groups.includes(unauthenticated);
  if (!isKnown && name !== anonymous.name) return authenticatedUser(name, groups);
  return { name, uid: "", extra: new Map(), groups: isKnown ? groups : [...groups, unauthenticated] };
}

/** The ServiceAccount that a user name stands for; `undefined` for every other user. */
function accountNamed(userName: string): { readonly namespace: string; readonly name: string } | undefined {
  const [system, kind, namespace = "", name = "", ...more] = userName.split(":");
  const isAccount = system === "system" && kind === "serviceaccount" && more.length === 0;
  return isAccount && isLabelName(namespace) && isSubdomainName(name) ? { namespace, name } : undefined;
}

function access(resource: string, name: string, namespace = ""): AccessRequest {
  return { verb: "impersonate", group: "", resource, subresource: "", namespace, name };
}
