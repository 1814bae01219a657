/**
 * Objects that wait for somebody before they go: a deletion marks them, and the update that takes the last finalizer away ends them.
 *
 * @see apiserver `pkg/registry/generic/registry/store.go` (updateForGracefulDeletionAndFinalizers, deleteWithoutFinalizers)
 */
import { alreadyExists, formatTime, goQuote, StatusError, type FieldError } from "@kubemetrics/apimachinery";
import { textsAt } from "./json-path.ts";
import type { KubeObject } from "./kube-object.ts";
import type { ResourceType } from "./resource-type.ts";

export function isBeingDeleted({ metadata }: KubeObject): boolean {
  return typeof metadata.deletionTimestamp === "string";
}

export function finalizersOf(object: KubeObject): readonly string[] {
  return textsAt(object, "metadata", "finalizers");
}

/** The object as it waits for its finalizers; one that waits already stays as it is. */
export function markedForDeletion(object: KubeObject, nowMs: number): KubeObject {
  if (isBeingDeleted(object)) return object;
  const deletionTimestamp = formatTime(nowMs);
  return { ...object, metadata: { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 } };
}

/** Only a deletion marks an object: a new one cannot bring the mark along. */
export function withoutDeletionMark(object: KubeObject): KubeObject {
  const { deletionTimestamp: _time, deletionGracePeriodSeconds: _seconds, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, name: object.metadata.name } };
}

/** No update takes the mark away. */
export function withKeptDeletionMark(object: KubeObject, current: KubeObject): KubeObject {
  const { deletionTimestamp, deletionGracePeriodSeconds: kept } = current.metadata;
  if (deletionTimestamp === undefined) return object;
  const seconds = object.metadata.deletionGracePeriodSeconds ?? kept ?? 0;
  return { ...object, metadata: { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: seconds } };
}

/** New finalizers of an object that is being deleted: nobody would expect to be waited for. */
export function finalizerErrors(object: KubeObject, current: KubeObject): readonly FieldError[] {
  if (!isBeingDeleted(current)) return [];
  const added = finalizersOf(object).filter((name) => !finalizersOf(current).includes(name));
  if (added.length === 0) return [];
  const shown = `[]string{${added.map(goQuote).join(", ")}}`;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`;
  return [{ type: "FieldValueForbidden", field: "metadata.finalizers", detail }];
}

/** For a create while the object of that name waits. */
export function stillBeingDeleted(type: ResourceType, name: string): StatusError {
  const { status } = alreadyExists(type, name);
  return new StatusError({ ...status, message: `object is being deleted: ${status.message}` });
}
