/** create, update, patch and delete of stored objects. */
import { badRequest, forbidden, notFound } from "@kubemetrics/apimachinery";
import { requirePreconditions, type DeleteOptions } from "./delete-options.ts";
import {
  finalizersOf,
  isBeingDeleted,
  markedForDeletion,
  stillBeingDeleted,
  withKeptDeletionMark,
  withoutDeletionMark,
} from "./finalizers.ts";
import { parseObject } from "./http-answer.ts";
import { isObject } from "./json-path.ts";
import type { JsonObject, KubeObject } from "./kube-object.ts";
import { objectFromBody, validate, withDefaults, type WritePlace } from "./object-defaults.ts";
import { requireSameObject, updateErrors } from "./object-update.ts";
import { requireVersion, type ObjectStore } from "./object-store.ts";
import { applyPatch, patchType } from "./patch.ts";
import { isReview, namespaces, resourceTypes, services, type ResourceType } from "./resource-type.ts";
import { withKeptAddress } from "./service-defaults.ts";

export interface WriteContext {
  readonly store: ObjectStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly allocateIp: () => string;
  /** Five characters behind a `generateName`. */
  readonly nameSuffix: () => string;
}

export interface WriteRequest {
  readonly place: WritePlace;
  /** `""` or `"status"`. */
  readonly subresource: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly isDryRun: boolean;
}

/** @throws StatusError 400, 403, 404, 409, 415, 422 */
export function createObject(context: WriteContext, { place, body, contentType, isDryRun }: WriteRequest): KubeObject {
  const sent = objectFromBody(parseObject(body, contentType), place);
  const { type, namespace } = place;
  if (type.namespaced && context.store.find(namespaces, "", namespace) === undefined)
    throw notFound(namespaces, namespace);
  const named =
    sent.metadata.name === "" && sent.metadata.generateName !== undefined
      ? { ...sent, metadata: { ...sent.metadata, name: `${sent.metadata.generateName}${context.nameSuffix()}` } }
      : sent;
  // Status is what controllers observed: it cannot be brought along. Nodes may, their kubelets register with it.
  const wanted: KubeObject = type.hasStatus && type.kind !== "Node" ? { ...named, status: undefined } : named;
  const object = withDefaults(type, withoutDeletionMark(wanted), context.allocateIp);
  validate(type, object);
  const existing = context.store.find(type, namespace, object.metadata.name);
  if (existing !== undefined && isBeingDeleted(existing)) throw stillBeingDeleted(type, object.metadata.name);
  return isDryRun ? object : context.store.create(type, object);
}

/** @throws StatusError 400, 404, 409, 415, 422 */
export function updateObject(
  context: WriteContext,
  { place, subresource, body, contentType, isDryRun }: WriteRequest,
): KubeObject {
  const current = context.store.get(place.type, place.namespace, place.name);
  const sent = objectFromBody(parseObject(body, contentType), place);
  requireSameObject(place.type, sent, current);
  return replace(context, place.type, current, sent, subresource, isDryRun);
}

/** @throws StatusError 400, 404, 409, 415, 422 */
export function patchObject(
  context: WriteContext,
  { place, subresource, body, contentType, isDryRun }: WriteRequest,
): KubeObject {
  // First: apply, which is not understood, would also create what is not there.
  patchType(contentType);
  const current = context.store.get(place.type, place.namespace, place.name);
  const patched = applyPatch(contentType, body, current, place.type);
  if (!isObject(patched)) throw badRequest("the patch leaves no object");
  return replace(context, place.type, current, objectFromBody(patched, place), subresource, isDryRun);
}

function replace(
  context: WriteContext,
  type: ResourceType,
  current: KubeObject,
  sent: KubeObject,
  subresource: string,
  isDryRun: boolean,
): KubeObject {
  requireVersion(type, sent, current);
  const status = subresource === "status" ? sent["status"] : current["status"];
  const resourceVersion = sent.metadata.resourceVersion;
  const base: KubeObject =
    subresource === "status"
      ? { ...current, metadata: { ...current.metadata, ...(resourceVersion !== undefined && { resourceVersion }) } }
      : sent;
  const kept = type === services ? withKeptAddress(base, current) : base;
  const complete = subresource === "status" ? base : withDefaults(type, kept, context.allocateIp);
  const marked = withKeptDeletionMark(complete, current);
  const object: KubeObject = type.hasStatus ? { ...marked, status } : marked;
  validate(type, object, updateErrors(type, object, current));
  if (isBeingDeleted(object) && finalizersOf(object).length === 0)
    return finish(context, type, object, current, isDryRun);
  return isDryRun ? object : context.store.update(type, object);
}

/** The last finalizer is gone, and so is the object. */
function finish(
  { store }: WriteContext,
  type: ResourceType,
  object: KubeObject,
  current: KubeObject,
  isDryRun: boolean,
): KubeObject {
  const { name, namespace = "", resourceVersion = "" } = current.metadata;
  if (!isDryRun) store.delete(type, namespace, name);
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

/**
 * Deletes an object, or marks it when it has finalizers; a namespace takes everything in it along.
 *
 * @returns the object as it waits for its finalizers, or the Status of one that is gone
 * @throws StatusError 403 for namespaces a cluster cannot do without, 404, 409 when it is not the object that was meant
 */
export function deleteObject(
  { store, clock }: WriteContext,
  { type, namespace, name }: WritePlace,
  options: DeleteOptions,
): JsonObject {
  const object = store.get(type, namespace, name);
  if (type === namespaces && ["default", "kube-system", "kube-public"].includes(name)) {
    throw forbidden(type, name, "this namespace may not be deleted");
  }
  requirePreconditions(type, object, options);
  if (type === namespaces && !options.isDryRun) emptyNamespace(store, name);
  if (finalizersOf(object).length > 0) {
    const marked = markedForDeletion(object, clock());
    return options.isDryRun ? marked : store.update(type, marked);
  }
  if (!options.isDryRun) store.delete(type, namespace, name);
  return deletionStatus(type, object);
}

/** The answer to a deletion. */
function deletionStatus(type: ResourceType, object: KubeObject): JsonObject {
  const { name, uid } = object.metadata;
  const details = {
    name,
    ...(type.group !== "" && { group: type.group }),
    kind: type.resource,
    ...(uid !== undefined && { uid }),
  };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}

function emptyNamespace(store: ObjectStore, namespace: string): void {
  for (const type of resourceTypes) {
    if (!type.namespaced || isReview(type)) continue;
    for (const object of store.list(type, namespace)) store.delete(type, namespace, object.metadata.name);
  }
}
