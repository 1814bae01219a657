/** The questions others ask an API server: who is this token, may this user do that, who am I. */
import { badRequest, invalid, type StatusError } from "@kubemetrics/apimachinery";
import { at, isObject, itemsAt, objectAt, textAt, textsAt } from "./json-path.ts";
import type { Json, JsonObject, KubeObject } from "./kube-object.ts";
import type { ObjectStore } from "./object-store.ts";
import { authorize, grantedRules, type AccessRequest } from "./rbac.ts";
import type { User } from "./user.ts";

export interface ReviewContext {
  readonly store: ObjectStore;
  readonly userOfToken: (token: string) => User | undefined;
}

/** Answers a review: the object that was sent, with its status. `user` is who asks. @throws StatusError 400 */
export function review(context: ReviewContext, user: User, object: KubeObject): KubeObject {
  return { ...object, status: statusOf(context, user, object) };
}

function statusOf(context: ReviewContext, user: User, object: KubeObject): Json {
  switch (object.kind) {
    case "TokenReview":
      return tokenStatus(context, object);
    case "SelfSubjectReview":
      return { userInfo: userInfo(user) };
    case "SelfSubjectAccessReview":
      return accessStatus(context.store, user, object);
    case "SubjectAccessReview":
    case "LocalSubjectAccessReview":
      return accessStatus(context.store, userInSpec(object), object);
    default:
      return rulesStatus(context.store, user, textAt(object, "spec", "namespace"));
  }
}

function tokenStatus(context: ReviewContext, object: KubeObject): Json {
  const token = textAt(object, "spec", "token");
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const user = context.userOfToken(token);
  if (user === undefined) return { user: {}, error: "invalid bearer token" };
  const audiences = textsAt(object, "spec", "audiences");
  return { authenticated: true, user: userInfo(user), ...(audiences.length > 0 && { audiences }) };
}

function userInfo(user: User): JsonObject {
  const extra = Object.fromEntries(user.extra);
  return {
    username: user.name,
    ...(user.uid !== "" && { uid: user.uid }),
    groups: user.groups,
    ...(user.extra.size > 0 && { extra }),
  };
}

function userInSpec(object: KubeObject): User {
  const name = textAt(object, "spec", "user");
  const groups = textsAt(object, "spec", "groups");
  if (name === "" && groups.length === 0) {
    throw invalidReview("spec.user", "", "at least one of user or group must be specified");
  }
  return { name, groups, uid: textAt(object, "spec", "uid"), extra: new Map() };
}

/** Upstream names no kind here, only the group. */
function invalidReview(field: string, value: string | null, detail: string): StatusError {
  return invalid({ group: "authorization.k8s.io", kind: "" }, "", [
    { type: "FieldValueInvalid", field, value, detail },
  ]);
}

function accessStatus(store: ObjectStore, user: User, object: KubeObject): Json {
  const { isAllowed, reason } = authorize(store, user, requestInSpec(object));
  return { allowed: isAllowed, ...(reason !== "" && { reason }) };
}

function requestInSpec(object: KubeObject): AccessRequest {
  const spec = objectAt(object, "spec");
  const resource = at(spec, "resourceAttributes");
  const path = at(spec, "nonResourceAttributes");
  if (isObject(resource) === isObject(path)) {
    throw invalidReview("spec", null, "exactly one of nonResourceAttributes or resourceAttributes must be specified");
  }
  if (isObject(path)) return { verb: textAt(path, "verb"), path: textAt(path, "path") };
  return {
    verb: textAt(resource, "verb"),
    group: textAt(resource, "group"),
    resource: textAt(resource, "resource"),
    subresource: textAt(resource, "subresource"),
    namespace: textAt(resource, "namespace"),
    name: textAt(resource, "name"),
  };
}

function rulesStatus(store: ObjectStore, user: User, namespace: string): Json {
  const everything: readonly Json[] = user.groups.includes("system:masters")
    ? [
        { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
        { nonResourceURLs: ["*"], verbs: ["*"] },
      ]
    : [];
  const rules = [...everything, ...[...grantedRules(store, user, namespace)].map((granted) => granted.rule)];
  const isForPaths = (rule: Json): boolean => itemsAt(rule, "nonResourceURLs").length > 0;
  return {
    incomplete: false,
    resourceRules: rules.filter((rule) => !isForPaths(rule)),
    nonResourceRules: rules.filter(isForPaths),
  };
}
