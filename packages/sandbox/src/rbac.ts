/**
 * Role based access control over the Role and Binding objects in the store.
 *
 * @see kubernetes `plugin/pkg/auth/authorizer/rbac`, `pkg/registry/rbac/validation/rule.go`
 */
import { itemsAt, textAt, textsAt } from "./json-path.ts";
import type { Json, KubeObject } from "./kube-object.ts";
import type { ObjectStore } from "./object-store.ts";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "./resource-type.ts";
import { serviceAccountUserName, type User } from "./user.ts";

/** What somebody wants to do. */
export type AccessRequest =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly verb: string; readonly path: string };

export interface AccessDecision {
  readonly isAllowed: boolean;
  /** Which binding allows it. Empty for a refusal, as upstream. */
  readonly reason: string;
}

/** A rule together with the binding that gives it. */
export interface GrantedRule {
  readonly rule: Json;
  readonly reason: string;
}

/** Judges a request. `system:masters` may everything, whatever the bindings say. */
export function authorize(store: ObjectStore, user: User, request: AccessRequest): AccessDecision {
  if (user.groups.includes("system:masters")) return { isAllowed: true, reason: "" };
  const namespace = "path" in request ? "" : request.namespace;
  for (const { rule, reason } of grantedRules(store, user, namespace)) {
    if (ruleAllows(rule, request)) return { isAllowed: true, reason };
  }
  return { isAllowed: false, reason: "" };
}

/** The rules a user has in the cluster, and in one namespace if it is named. */
export function* grantedRules(store: ObjectStore, user: User, namespace: string): Generator<GrantedRule> {
  yield* rulesOf(store, user, store.list(clusterRoleBindings), "ClusterRoleBinding", "");
  if (namespace !== "") yield* rulesOf(store, user, store.list(roleBindings, namespace), "RoleBinding", namespace);
}

function* rulesOf(
  store: ObjectStore,
  user: User,
  bindings: Iterable<KubeObject>,
  kind: string,
  namespace: string,
): Generator<GrantedRule> {
  for (const binding of bindings) {
    const subject = itemsAt(binding, "subjects").find((candidate) => isSubject(candidate, user, namespace));
    if (subject === undefined) continue;
    const roleKind = textAt(binding, "roleRef", "kind");
    const roleName = textAt(binding, "roleRef", "name");
    const role = roleKind === "Role" ? store.find(roles, namespace, roleName) : store.find(clusterRoles, "", roleName);
    const bindingName = namespace === "" ? binding.metadata.name : `${binding.metadata.name}/${namespace}`;
    const reason = `RBAC: allowed by ${kind} "${bindingName}" of ${roleKind} "${roleName}" to ${subjectText(subject, namespace)}`;
    for (const rule of itemsAt(role, "rules")) yield { rule, reason };
  }
}

/** @param namespace - of the binding: an account without a namespace is one of there */
function isSubject(subject: Json, user: User, namespace: string): boolean {
  const name = textAt(subject, "name");
  switch (textAt(subject, "kind")) {
    case "User":
      return name === user.name;
    case "Group":
      return user.groups.includes(name);
    case "ServiceAccount":
      return serviceAccountUserName(textAt(subject, "namespace") || namespace, name) === user.name;
    default:
      return false;
  }
}

function subjectText(subject: Json, namespace: string): string {
  const kind = textAt(subject, "kind");
  const name = textAt(subject, "name");
  return `${kind} "${kind === "ServiceAccount" ? `${name}/${textAt(subject, "namespace") || namespace}` : name}"`;
}

function ruleAllows(rule: Json, request: AccessRequest): boolean {
  if (!hasOrAll(textsAt(rule, "verbs"), request.verb)) return false;
  if ("path" in request) {
    return textsAt(rule, "nonResourceURLs").some(
      (pattern) =>
        pattern === request.path ||
        pattern === "*" ||
        (pattern.endsWith("*") && request.path.startsWith(pattern.slice(0, -1))),
    );
  }
  const names = textsAt(rule, "resourceNames");
  return (
    hasOrAll(textsAt(rule, "apiGroups"), request.group) &&
    isResourceNamed(textsAt(rule, "resources"), request.resource, request.subresource) &&
    (names.length === 0 || names.includes(request.name))
  );
}

function isResourceNamed(patterns: readonly string[], resource: string, subresource: string): boolean {
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  return patterns.some(
    (pattern) => pattern === "*" || pattern === full || (subresource !== "" && pattern === `*/${subresource}`),
  );
}

function hasOrAll(list: readonly string[], wanted: string): boolean {
  return list.includes(wanted) || list.includes("*");
}
