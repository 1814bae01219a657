/**
 * Selectors of requests for resources that do not apply them themselves: applied here, or refused with 400.
 *
 * Never ignored. A request with `metadata.name=a` is authorized as one for that object, so whoever may see only `a` would
 * get all the others with it.
 */
import { badRequest } from "@kubemetrics/apimachinery";
import { selectorOf } from "./object-selector.ts";
import type { ResourceAnswer } from "./resource-answer.ts";
import type { ResourceRequest, WatchEvent } from "./resource.ts";
import type { ServedResource } from "./served-resource.ts";

/**
 * What is shown of a list; `undefined`: what the resource answers. Ask before the resource is asked.
 *
 * @throws SelectorInvalid for other fields than name and namespace; the function: StatusError 400 for an answer without `selected`
 */
export function listSelection(
  served: ServedResource,
  request: ResourceRequest,
): ((list: ResourceAnswer) => ResourceAnswer) | undefined {
  if (!isUnapplied(served, request)) return undefined;
  const selects = selectorOf(request);
  const wayOut = "ask for an object by its name, or for all of them";
  return (list) => list.selected?.(selects) ?? refuse(served, "lists", "fieldSelector or labelSelector", wayOut);
}

/**
 * Which events of a watch are sent. Names and namespaces stay as they are; an object whose labels change may leave the
 * selection, which only the resource can tell.
 *
 * @throws StatusError 400 for labels, SelectorInvalid for other fields than name and namespace
 */
export function watchSelection(served: ServedResource, request: ResourceRequest): (event: WatchEvent) => boolean {
  if (!isUnapplied(served, request)) return () => true;
  const wayOut = "watch all of them, or one by fieldSelector=metadata.name=…";
  if (request.labelSelector !== "") refuse(served, "watches", "labelSelector", wayOut);
  const selects = selectorOf(request);
  return ({ type, object }) => type === "BOOKMARK" || type === "ERROR" || selects(object);
}

/** @throws StatusError 400 when the resource would delete what was not selected */
export function requireNoDeletionSelection(served: ServedResource, request: ResourceRequest): void {
  if (!isUnapplied(served, request)) return;
  refuse(served, "deletions", "fieldSelector or labelSelector", "delete objects by their names");
}

function isUnapplied({ definition }: ServedResource, { labelSelector, fieldSelector }: ResourceRequest): boolean {
  return definition.honoursSelectors !== true && (labelSelector !== "" || fieldSelector !== "");
}

function refuse({ definition, group }: ServedResource, what: string, selectors: string, wayOut: string): never {
  throw badRequest(`${what} of ${definition.name}.${group} cannot be narrowed by ${selectors}: ${wayOut}`);
}
