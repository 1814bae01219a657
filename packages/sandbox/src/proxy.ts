/**
 * Passes a request on to an extension server and its answer back, with the rules and texts of kube-aggregator.
 *
 * @see kube-aggregator `pkg/apiserver/handler_proxy.go`, apimachinery `pkg/util/proxy`
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { serviceUnavailable, timeout } from "@kubemetrics/apimachinery";
import type { ApiService, ServiceReference } from "./api-service.ts";
import { userHeaders, type BackendClient } from "./backend-client.ts";
import { goEncodeQuery, goEscapePath } from "./go-url.ts";
import { sendError, sendText } from "./http-answer.ts";
import { resolveEndpoint, type Endpoint } from "./service-resolver.ts";
import type { ObjectStore } from "./object-store.ts";
import type { RequestTarget } from "./request-target.ts";
import type { User } from "./user.ts";

export interface ProxiedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: RequestTarget;
  readonly user: User;
  readonly auditId: string;
}

/** Not sent on: about one connection, or not the client's to say. */
const droppedRequestHeaders =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|authorization|x-remote-.*|impersonate-.*|audit-id|x-forwarded-.*)$/;
const droppedAnswerHeaders =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|access-control-.*)$/;

const discoveryTimeoutMs = 5_000;
const requestTimeoutMs = 60_000;

export class AggregatorProxy {
  readonly #store: ObjectStore;
  readonly #clientFor: (apiService: ApiService, service: ServiceReference) => BackendClient;
  readonly #log: (message: string) => void;

  constructor(
    store: ObjectStore,
    clientFor: (apiService: ApiService, service: ServiceReference) => BackendClient,
    log: (message: string) => void,
  ) {
    this.#store = store;
    this.#clientFor = clientFor;
    this.#log = log;
  }

  async forward(apiService: ApiService, service: ServiceReference, proxied: ProxiedRequest): Promise<void> {
    const { request, response, target, user } = proxied;
    if (!apiService.isAvailable) return sendText(response, 503, "service unavailable");
    if (request.headers.upgrade !== undefined) {
      return sendText(
        response,
        503,
        "error trying to reach service: the sandbox does not pass connections on that change protocol",
      );
    }
    let endpoint: Endpoint;
    try {
      endpoint = resolveEndpoint(this.#store, service);
    } catch (error) {
      this.#log(`error resolving ${service.namespace}/${service.name}: ${(error as Error).message}`);
      return sendText(response, 503, "service unavailable");
    }
    const deadline = deadlineOf(target);
    const clientGone = new AbortController();
    response.on("close", () => clientGone.abort());
    const signal = deadline === undefined ? clientGone.signal : AbortSignal.any([clientGone.signal, deadline.signal]);
    const path = goEscapePath(target.path);
    const query = goEncodeQuery(target.query);
    try {
      const answer = await this.#clientFor(apiService, service).send({
        endpoint,
        method: request.method ?? "GET",
        target: query === "" ? path : `${path}?${query}`,
        headers: { ...requestHeaders(proxied, endpoint, path), ...userHeaders(user) },
        ...(hasBody(request) && { body: request }),
        signal,
      });
      this.#passBack(answer, response);
    } catch (error) {
      if (clientGone.signal.aborted) return;
      if (deadline?.signal.aborted === true && deadline.ms === requestTimeoutMs) {
        return sendError(response, timeout("request did not complete within the allotted timeout"));
      }
      sendText(response, 503, serviceUnavailable(`error trying to reach service: ${(error as Error).message}`).message);
    }
  }

  #passBack(answer: IncomingMessage, response: ServerResponse): void {
    const code = answer.statusCode ?? 502;
    if (code >= 300 && code <= 399 && answer.headers.location !== undefined) {
      discard(answer);
      const text = "the backend attempted to redirect this request, which is not permitted";
      response.writeHead(502, { "Content-Length": Buffer.byteLength(text) });
      response.end(text);
      return;
    }
    const headers: OutgoingHttpHeaders = {};
    for (const [name, value] of Object.entries(answer.headersDistinct)) {
      if (value !== undefined && !droppedAnswerHeaders.test(name)) headers[name] = value;
    }
    response.writeHead(code, headers);
    // A watch sends its head long before its first event.
    response.flushHeaders();
    // An answer that breaks off breaks off here too: the client must see that it is incomplete.
    pipeline(answer, response, (error) => {
      if (error) response.destroy();
    });
  }
}

/** Reads an answer nobody wants to its end, so that its connection can serve again. */
export function discard(answer: IncomingMessage): void {
  answer.on("error", () => undefined);
  answer.resume();
}

function deadlineOf({ resource, steps, verb, query }: RequestTarget): { signal: AbortSignal; ms: number } | undefined {
  if (resource === undefined && steps.length === 3)
    return { signal: AbortSignal.timeout(discoveryTimeoutMs), ms: discoveryTimeoutMs };
  if (verb === "watch" || query.get("follow") === "true") return undefined;
  return { signal: AbortSignal.timeout(requestTimeoutMs), ms: requestTimeoutMs };
}

function requestHeaders({ request, auditId }: ProxiedRequest, endpoint: Endpoint, path: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(request.headersDistinct)) {
    if (value !== undefined && !droppedRequestHeaders.test(name)) headers[name] = value;
  }
  const host = `${endpoint.host}:${endpoint.port}`;
  const forwardedFor = [...(request.headersDistinct["x-forwarded-for"] ?? []), request.socket.remoteAddress ?? ""];
  return {
    ...headers,
    host,
    "X-Forwarded-For": forwardedFor.join(", "),
    "X-Forwarded-Host": host,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Uri": path,
    "Audit-ID": auditId,
  };
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
}
