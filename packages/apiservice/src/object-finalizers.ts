/** Objects that wait, between their deletion and their end, for those who still have something to do. */
import { forbidden, formatTime, instantFromMs, invalid, type FieldError } from "@kubemetrics/apimachinery";
import { itemsAt, metadataOf, textAt, type JsonObject } from "./object-answer.ts";

/** What the garbage collector does before the object goes, by the propagation policy of a deletion. */
const collectorsTasks: ReadonlyMap<string, string | undefined> = new Map([
  ["", undefined],
  ["Background", undefined],
  ["Foreground", "foregroundDeletion"],
  ["Orphan", "orphan"],
]);

/**
 * The object as it waits after a deletion; `undefined` when nobody has to do anything, and it can go at once.
 *
 * @param options - `DeleteOptions`, as sent
 * @throws StatusError 422 for another propagation policy
 */
export function waitingObject(object: JsonObject, options: JsonObject, nowMs: number): JsonObject | undefined {
  const metadata = metadataOf(object);
  const task = collectorsTask(options);
  const finalizers = [...new Set([...finalizersOf(metadata), ...(task === undefined ? [] : [task])])];
  if (finalizers.length === 0) return undefined;
  const deletionTimestamp = textAt(metadata, "deletionTimestamp") || formatTime(instantFromMs(nowMs));
  return { ...object, metadata: { ...metadata, deletionTimestamp, deletionGracePeriodSeconds: 0, finalizers } };
}

function collectorsTask(options: JsonObject): string | undefined {
  const value = options["propagationPolicy"] ?? "";
  if (typeof value === "string" && collectorsTasks.has(value)) return collectorsTasks.get(value);
  const detail = 'supported values: "Background", "Foreground", "Orphan"';
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  const field = "propagationPolicy";
  const problem: FieldError = { type: "FieldValueNotSupported", field, value: shown.slice(0, 100), detail };
  throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", [problem]);
}

/** Whether the object was deleted, and the last of those who had something to do is done. */
export function mayGo(object: JsonObject): boolean {
  const metadata = metadataOf(object);
  return isWaiting(metadata) && finalizersOf(metadata).length === 0;
}

/** What clients cannot change about an object's deletion. */
export function deletionOf(before: JsonObject): JsonObject {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadataOf(before);
  return isWaiting(metadataOf(before)) ? { deletionTimestamp, deletionGracePeriodSeconds } : {};
}

/** @throws StatusError 403 when a deleted object would get something new to wait for */
export function requireNoNewFinalizers(
  before: JsonObject,
  metadata: JsonObject,
  resource: { readonly group: string; readonly resource: string },
): void {
  if (!isWaiting(metadataOf(before))) return;
  const known = new Set(finalizersOf(metadataOf(before)));
  const added = finalizersOf(metadata).filter((finalizer) => !known.has(finalizer));
  if (added.length === 0) return;
  const reason = `it is being deleted, and cannot wait for more: ${added.join(", ")}`;
  throw forbidden(resource, textAt(metadataOf(before), "name"), reason);
}

function isWaiting(metadata: JsonObject): boolean {
  return textAt(metadata, "deletionTimestamp") !== "";
}

function finalizersOf(metadata: JsonObject): readonly string[] {
  return itemsAt(metadata, "finalizers").filter((value) => typeof value === "string");
}
