/** The API server: who asks, may they, and who answers. */
import { constants, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { KeyPair } from "@kubemetrics/x509";
import { readApiService, type ApiService } from "./api-service.ts";
import { accessRefused } from "./forbidden-text.ts";
import { sendError, sendText } from "./http-answer.ts";
import { impersonated } from "./impersonation.ts";
import { serveMeta, type MetaContext } from "./meta-endpoints.ts";
import { serveOwnResource, unknownResource, type OwnResourcesContext } from "./own-resources.ts";
import type { AggregatorProxy } from "./proxy.ts";
import { authorize, type AccessRequest } from "./rbac.ts";
import { parseRequestTarget, type RequestTarget } from "./request-target.ts";
import { apiServices, resourceTypes } from "./resource-type.ts";
import type { User } from "./user.ts";

export interface ApiServerContext extends OwnResourcesContext, MetaContext {
  readonly proxy: AggregatorProxy;
  readonly log: (message: string) => void;
}

/** Longer than any client keeps an idle connection: closing first would make its next request fail. */
const keepAliveTimeoutMs = 180_000;

/** An HTTPS server that serves the API; it does not listen yet. */
export function createApiServer(context: ApiServerContext, certificate: KeyPair): Server {
  return createServer(
    {
      cert: certificate.certificatePem,
      key: certificate.keyPem,
      // A certificate is asked for and judged by the request, not by the handshake; a resumed session would not show it.
      requestCert: true,
      rejectUnauthorized: false,
      secureOptions: constants.SSL_OP_NO_TICKET,
      maxHeaderSize: 1024 * 1024,
      keepAliveTimeout: keepAliveTimeoutMs,
      requestTimeout: 0,
    },
    (request, response) => void serve(context, request, response),
  );
}

async function serve(context: ApiServerContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const auditId = request.headersDistinct["audit-id"]?.[0] ?? randomUUID();
  response.setHeader("Audit-ID", auditId);
  try {
    const target = parseRequestTarget(request.method ?? "GET", request.url ?? "/");
    const caller = context.identities.authenticate(request.socket as TLSSocket, request.headers.authorization);
    const require = (access: AccessRequest, who: User): void => {
      if (!authorize(context.store, who, access).isAllowed) throw accessRefused(who, access);
    };
    const user = impersonated(request, (access) => require(access, caller)) ?? caller;
    require(accessOf(target), user);
    await dispatch(context, request, response, target, user, auditId);
  } catch (error) {
    if (!isClientsFault(error)) context.log(`${request.method} ${request.url}: ${String(error)}`);
    sendError(response, error);
  }
}

async function dispatch(
  context: ApiServerContext,
  request: IncomingMessage,
  response: ServerResponse,
  target: RequestTarget,
  user: User,
  auditId: string,
): Promise<void> {
  const apiService = answeringService(context, target);
  if (apiService?.service !== undefined) {
    return context.proxy.forward(apiService, apiService.service, { request, response, target, user, auditId });
  }
  if (!isServedVersion(target)) return sendText(response, 404, "404 page not found");
  const { resource } = target;
  if (resource !== undefined) {
    return serveOwnResource(context, request, response, target, resource, user);
  }
  if (serveMeta(context, request, response, target)) return;
  if (target.steps[0] === "apis" || target.steps[0] === "api") throw unknownResource();
  sendText(response, 404, "404 page not found");
}

/** False for paths below a group and version that nobody has registered: upstream has no handler there at all. */
function isServedVersion({ steps: [prefix, group, version] }: RequestTarget): boolean {
  if (prefix !== "apis" || group === undefined || version === undefined) return true;
  return resourceTypes.some((type) => type.group === group && type.version === version);
}

/** The APIService whose server answers: everything below `/apis/<group>/<version>`, and its OpenAPI v3 document. */
function answeringService({ store }: ApiServerContext, { steps }: RequestTarget): ApiService | undefined {
  const below = steps[0] === "openapi" && steps[1] === "v3" ? steps.slice(2) : steps;
  const [prefix, group, version] = below;
  if (prefix !== "apis" || group === undefined || version === undefined) return undefined;
  const object = store.find(apiServices, "", `${version}.${group}`);
  return object && readApiService(object);
}

function accessOf({ resource, verb, path }: RequestTarget): AccessRequest {
  if (resource === undefined) return { verb, path };
  const { group, namespace, subresource, judgedName } = resource;
  return { verb, group, resource: resource.resource, subresource, namespace, name: judgedName };
}

function isClientsFault(error: unknown): boolean {
  return typeof error === "object" && error !== null && "status" in error;
}
