/** create, update, patch and delete of stored objects. */
import { badRequest, forbidden, notFound } from "@kubemetrics/apimachinery";
import { requirePreconditions, type DeleteOptions } from "./delete-options.ts";
import { parseObject } from "./http-answer.ts";
import { isObject } from "./json-path.ts";
import type { JsonObject, KubeObject } from "./kube-object.ts";
import { objectFromBody, validate, withDefaults, type WritePlace } from "./object-defaults.ts";
import { requireSameObject, updateErrors } from "./object-update.ts";
import type { ObjectStore } from "./object-store.ts";
import { applyPatch, patchType } from "./patch.ts";
import { isReview, namespaces, resourceTypes, services, type ResourceType } from "./resource-type.ts";
import { withKeptAddress } from "./service-defaults.ts";

export interface WriteContext {
  readonly store: ObjectStore;
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
  const object = withDefaults(type, wanted, context.allocateIp);
  validate(type, object);
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
  const status = subresource === "status" ? sent["status"] : current["status"];
  const resourceVersion = sent.metadata.resourceVersion;
  const base: KubeObject =
    subresource === "status"
      ? { ...current, metadata: { ...current.metadata, ...(resourceVersion !== undefined && { resourceVersion }) } }
      : sent;
  const kept = type === services ? withKeptAddress(base, current) : base;
  const complete = subresource === "status" ? base : withDefaults(type, kept, context.allocateIp);
  const object: KubeObject = type.hasStatus ? { ...complete, status } : complete;
  validate(type, object, updateErrors(type, object, current));
  return isDryRun ? object : context.store.update(type, object);
}

/**
 * Deletes an object; a namespace takes everything in it along.
 *
 * @throws StatusError 403 for namespaces a cluster cannot do without, 404, 409 when it is not the object that was meant
 */
export function deleteObject(
  context: WriteContext,
  { type, namespace, name }: WritePlace,
  options: DeleteOptions,
): KubeObject {
  const object = context.store.get(type, namespace, name);
  if (type === namespaces && ["default", "kube-system", "kube-public"].includes(name)) {
    throw forbidden(type, name, "this namespace may not be deleted");
  }
  requirePreconditions(type, object, options);
  if (options.isDryRun) return object;
  if (type === namespaces) emptyNamespace(context.store, name);
  return context.store.delete(type, namespace, name);
}

/** The answer to a deletion. */
export function deletionStatus(type: ResourceType, object: KubeObject): JsonObject {
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
