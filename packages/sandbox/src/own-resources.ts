/** Requests for the resources the sandbox keeps itself: from the parsed target to the right handler. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { badRequest, formatTime, methodNotSupported, StatusError } from "@kubemetrics/apimachinery";
import { isDryRun, parseDeleteOptions, type DeleteOptions } from "./delete-options.ts";
import { numberAt } from "./json-path.ts";
import { parseObject, readBody, sendJson } from "./http-answer.ts";
import type { Identities } from "./identities.ts";
import type { KubeObject } from "./kube-object.ts";
import { parseListOptions } from "./list-options.ts";
import { objectFromBody, type WritePlace } from "./object-defaults.ts";
import { listInView, negotiateView, type View } from "./object-view.ts";
import type { RequestTarget, ResourceTarget } from "./request-target.ts";
import { sendCollection, sendObject, type ReadContext } from "./resource-read.ts";
import { findResourceType, isReview, serviceAccounts, type ResourceType, type Verb } from "./resource-type.ts";
import {
  createObject,
  deleteObject,
  patchObject,
  updateObject,
  type WriteContext,
  type WriteRequest,
} from "./resource-write.ts";
import { review } from "./reviews.ts";
import type { User } from "./user.ts";

export interface OwnResourcesContext extends ReadContext, WriteContext {
  readonly identities: Identities;
}

export async function serveOwnResource(
  context: OwnResourcesContext,
  request: IncomingMessage,
  response: ServerResponse,
  target: RequestTarget,
  resource: ResourceTarget,
  user: User,
): Promise<void> {
  const type = findResourceType(resource.group, resource.version, resource.resource);
  if (type === undefined) throw unknownResource();
  if (type === serviceAccounts && resource.subresource === "token") {
    return serveTokenRequest(context, request, response, type, resource);
  }
  const isKnownSubresource = resource.subresource === "" || (resource.subresource === "status" && type.hasStatus);
  if (!isKnownSubresource) throw unknownResource();
  const { verb } = target;
  if (!type.verbs.includes(verb as Verb)) throw methodNotSupported(type, verb === "" ? (request.method ?? "") : verb);
  if (type.namespaced && resource.namespace === "" && verb !== "list" && verb !== "watch") throw unknownResource();
  const view = negotiateView(request.headers.accept, target.query);
  const namespace = type.namespaced ? resource.namespace : "";
  const send = (object: KubeObject, code = 200): void => sendObject(context, response, type, object, view, code);

  if (verb === "list" || verb === "watch") {
    const scope = type.namespaced && namespace !== "" ? namespace : undefined;
    return sendCollection(context, response, type, scope, target.query, view);
  }
  if (verb === "get") return send(context.store.get(type, namespace, resource.name));
  const place: WritePlace = { type, namespace, name: verb === "create" ? "" : resource.name };
  const body = await readBody(request);
  const contentType = request.headers["content-type"] ?? "";
  if (verb === "delete" || verb === "deletecollection") {
    const options = parseDeleteOptions(body, contentType, target.query);
    if (verb === "deletecollection") return deleteCollection(context, response, target, place, options, view);
    return sendJson(response, 200, deleteObject(context, place, options));
  }
  const { subresource } = resource;
  const write: WriteRequest = {
    place,
    subresource,
    body,
    contentType,
    isDryRun: isDryRun(target.query, optionsOf(verb)),
  };
  if (verb === "update") return send(updateObject(context, write));
  if (verb === "patch") return send(patchObject(context, write));
  if (isReview(type)) return sendReview(context, response, write, user);
  send(createObject(context, write), 201);
}

function sendReview(context: OwnResourcesContext, response: ServerResponse, write: WriteRequest, user: User): void {
  const object = objectFromBody(parseObject(write.body, write.contentType), write.place);
  const answer = review(reviewContext(context), user, object);
  // A review has no name unless one was sent.
  const metadata = { ...answer.metadata, name: answer.metadata.name || undefined };
  sendJson(response, 201, { ...answer, metadata });
}

/** `CreateOptions` of a create. */
function optionsOf(verb: string): string {
  return `${verb.charAt(0).toUpperCase()}${verb.slice(1)}Options`;
}

/** Answers with what was deleted. The first object that may not be deleted ends it, as upstream. */
function deleteCollection(
  context: OwnResourcesContext,
  response: ServerResponse,
  target: RequestTarget,
  place: WritePlace,
  options: DeleteOptions,
  view: View,
): void {
  const { type, namespace } = place;
  const { store, clock } = context;
  const { matches } = parseListOptions(target.query, type);
  const resourceVersion = String(store.version);
  const chosen = [...store.list(type, type.namespaced ? namespace : undefined)].filter(matches);
  for (const { metadata } of chosen) {
    deleteObject(context, { type, namespace: metadata.namespace ?? "", name: metadata.name }, options);
  }
  sendJson(response, 200, listInView(type, chosen, { resourceVersion }, view, clock()));
}

/** `kubectl create token`. */
async function serveTokenRequest(
  { identities, clock }: OwnResourcesContext,
  request: IncomingMessage,
  response: ServerResponse,
  type: ResourceType,
  { namespace, name }: ResourceTarget,
): Promise<void> {
  if (request.method !== "POST") throw methodNotSupported(type, (request.method ?? "").toLowerCase());
  const body = parseObject(await readBody(request), request.headers["content-type"] ?? "");
  const seconds = numberAt(body, "spec", "expirationSeconds") ?? 3600;
  if (seconds < 600) throw badRequest("spec.expirationSeconds: may not specify a duration less than 10 minutes");
  const token = identities.issueServiceAccountToken(namespace, name);
  const expirationTimestamp = formatTime(clock() + seconds * 1000);
  sendJson(response, 201, {
    ...body,
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name, namespace },
    status: { token, expirationTimestamp },
  });
}

function reviewContext({ store, identities }: OwnResourcesContext): Parameters<typeof review>[0] {
  return { store, userOfToken: (token) => identities.userOfToken(token) };
}

/** For routes that do not exist, in the words clients know. */
export function unknownResource(): StatusError {
  return new StatusError({
    status: "Failure",
    message: "the server could not find the requested resource",
    reason: "NotFound",
    details: {},
    code: 404,
  });
}
