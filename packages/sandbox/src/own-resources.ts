/** Requests for the resources the sandbox keeps itself: from the parsed target to the right handler. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { badRequest, formatTime, methodNotSupported, StatusError } from "@kubemetrics/apimachinery";
import { numberAt } from "./json-path.ts";
import { parseObject, readBody, sendJson } from "./http-answer.ts";
import type { Identities } from "./identities.ts";
import type { KubeObject } from "./kube-object.ts";
import { parseListOptions } from "./list-options.ts";
import { objectFromBody } from "./object-defaults.ts";
import { negotiateView } from "./object-view.ts";
import type { RequestTarget, ResourceTarget } from "./request-target.ts";
import { sendCollection, sendObject, type ReadContext } from "./resource-read.ts";
import { findResourceType, isReview, serviceAccounts, type ResourceType, type Verb } from "./resource-type.ts";
import {
  createObject,
  deleteObject,
  deletionStatus,
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
  const write: WriteRequest = {
    place: { type, namespace, name: resource.name },
    subresource: resource.subresource,
    body: await readBody(request),
    contentType: request.headers["content-type"] ?? "",
    isDryRun: target.query.get("dryRun") === "All",
  };
  switch (verb) {
    case "create":
      if (isReview(type)) {
        const object = objectFromBody(parseObject(write.body, write.contentType), { ...write.place, name: "" });
        const answer = review(reviewContext(context), user, object);
        // A review has no name unless one was sent.
        const metadata = { ...answer.metadata, name: answer.metadata.name || undefined };
        return sendJson(response, 201, { ...answer, metadata });
      }
      return send(createObject(context, { ...write, place: { ...write.place, name: "" } }), 201);
    case "update":
      return send(updateObject(context, write));
    case "patch":
      return send(patchObject(context, write));
    case "delete":
      return sendJson(response, 200, deletionStatus(type, deleteObject(context, write)));
    default:
      return deleteCollection(context, response, target, write);
  }
}

function deleteCollection(
  context: OwnResourcesContext,
  response: ServerResponse,
  target: RequestTarget,
  write: WriteRequest,
): void {
  const { type, namespace } = write.place;
  const { matches } = parseListOptions(target.query, type);
  for (const object of context.store.list(type, type.namespaced ? namespace : undefined)) {
    if (matches(object)) deleteObject(context, { ...write, place: { ...write.place, name: object.metadata.name } });
  }
  sendJson(response, 200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" });
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
