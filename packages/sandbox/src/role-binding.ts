/**
 * RoleBindings and ClusterRoleBindings as an API server keeps them: what it adds, and which ones it refuses.
 *
 * @see kubernetes `pkg/apis/rbac/v1/defaults.go`, `pkg/apis/rbac/validation/validation.go`
 */
import { goQuote, type FieldError } from "@kubemetrics/apimachinery";
import { itemsAt, objectAt, textAt } from "./json-path.ts";
import type { Json, KubeObject } from "./kube-object.ts";
import { clusterRoleBindings, type ResourceType } from "./resource-type.ts";

const rbacGroup = "rbac.authorization.k8s.io";
const subjectKinds = ["ServiceAccount", "User", "Group"];

/** Users, groups and roles belong to RBAC's group, whether it was named or not. */
export function bindingWithDefaults(binding: KubeObject): KubeObject {
  const subjects = itemsAt(binding, "subjects").map((subject): Json => {
    const needsGroup = ["User", "Group"].includes(textAt(subject, "kind")) && textAt(subject, "apiGroup") === "";
    return needsGroup ? { ...objectAt(subject), apiGroup: rbacGroup } : subject;
  });
  const roleRef = objectAt(binding, "roleRef");
  return {
    ...binding,
    ...(subjects.length > 0 && { subjects }),
    roleRef: { ...roleRef, apiGroup: textAt(roleRef, "apiGroup") || rbacGroup },
  };
}

export function bindingErrors(type: ResourceType, binding: KubeObject): readonly FieldError[] {
  const isClusterWide = type === clusterRoleBindings;
  return [
    ...kindErrors("roleRef.kind", binding["roleRef"], isClusterWide ? ["ClusterRole"] : ["Role", "ClusterRole"]),
    ...nameErrors("roleRef.name", binding["roleRef"]),
    ...itemsAt(binding, "subjects").flatMap((subject, index) =>
      subjectErrors(`subjects[${index}]`, subject, isClusterWide),
    ),
  ];
}

function subjectErrors(field: string, subject: Json, isClusterWide: boolean): readonly FieldError[] {
  const isPlaceless = textAt(subject, "kind") === "ServiceAccount" && textAt(subject, "namespace") === "";
  return [
    ...nameErrors(`${field}.name`, subject),
    ...kindErrors(`${field}.kind`, subject, subjectKinds),
    // In a RoleBinding it is an account of that namespace.
    ...(isPlaceless && isClusterWide ? [required(`${field}.namespace`)] : []),
  ];
}

function kindErrors(field: string, value: Json | undefined, supported: readonly string[]): readonly FieldError[] {
  const kind = textAt(value, "kind");
  if (supported.includes(kind)) return [];
  const detail = `supported values: ${supported.map(goQuote).join(", ")}`;
  return [{ type: "FieldValueNotSupported", field, value: kind, detail }];
}

function nameErrors(field: string, value: Json | undefined): readonly FieldError[] {
  return textAt(value, "name") === "" ? [required(field)] : [];
}

function required(field: string): FieldError {
  return { type: "FieldValueRequired", field };
}
