/**
 * What an object keeps when it is replaced or patched, and what may not change.
 *
 * @see apimachinery `pkg/api/validation/objectmeta.go` (ValidateObjectMetaAccessorUpdate), apiserver `pkg/registry/rest/update.go`
 */
import { conflict, type FieldError, type FieldValue } from "@kubemetrics/apimachinery";
import { finalizerErrors } from "./finalizers.ts";
import { textAt } from "./json-path.ts";
import type { JsonObject, KubeObject } from "./kube-object.ts";
import { clusterRoleBindings, roleBindings, type ResourceType } from "./resource-type.ts";

/** @throws StatusError 409 when the sent object is another one of that name: it was deleted and created anew meanwhile */
export function requireSameObject(type: ResourceType, sent: KubeObject, current: KubeObject): void {
  const { name, namespace, uid = "" } = current.metadata;
  const sentUid = textAt(sent, "metadata", "uid");
  if (sentUid === "" || sentUid === uid) return;
  const key = ["/registry", type.resource, ...(namespace === undefined ? [] : [namespace]), name].join("/");
  const what = `Precondition failed: UID in precondition: ${sentUid}, UID in object meta: ${uid}`;
  const reason = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${what}`;
  throw conflict(type, name, reason);
}

/** What may not change, with the words of the refusal. */
export function updateErrors(type: ResourceType, object: KubeObject, current: KubeObject): readonly FieldError[] {
  return [
    ...metadataErrors(object, current),
    ...finalizerErrors(object, current),
    ...roleErrors(type, object, current),
  ];
}

const immutableMetadata = ["uid", "deletionTimestamp", "deletionGracePeriodSeconds"] as const;

function metadataErrors({ metadata }: KubeObject, current: KubeObject): readonly FieldError[] {
  return immutableMetadata.flatMap((field) => {
    const sent = metadata[field] ?? "";
    return sent === "" || sent === current.metadata[field] ? [] : [immutable(`metadata.${field}`, sent)];
  });
}

/** A binding to another role is another binding: its subjects would get rights that nobody reviewed. */
function roleErrors(type: ResourceType, object: KubeObject, current: KubeObject): readonly FieldError[] {
  if (type !== roleBindings && type !== clusterRoleBindings) return [];
  const sent = roleOf(object);
  return JSON.stringify(sent) === JSON.stringify(roleOf(current)) ? [] : [immutable("roleRef", sent)];
}

function roleOf(binding: JsonObject): { readonly [field: string]: string } {
  const text = (field: string): string => textAt(binding, "roleRef", field);
  return { APIGroup: text("apiGroup"), Kind: text("kind"), Name: text("name") };
}

function immutable(field: string, value: FieldValue): FieldError {
  return { type: "FieldValueInvalid", field, value, detail: "field is immutable" };
}
