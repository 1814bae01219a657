/** Asks an extension server for one of its documents, as the aggregator's own controllers do. */
import type { IncomingMessage } from "node:http";
import type { ApiService, ServiceReference } from "./api-service.ts";
import { userHeaders } from "./backend-client.ts";
import type { BackendClients } from "./backend-clients.ts";
import type { Json } from "./kube-object.ts";
import type { ObjectStore } from "./object-store.ts";
import { resolveEndpoint } from "./service-resolver.ts";
import type { User } from "./user.ts";

export interface DocumentRequest {
  readonly apiService: ApiService;
  readonly service: ServiceReference;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As whom the aggregator asks. */
  readonly user: User;
  readonly timeoutMs: number;
}

export interface ExtensionDocument {
  readonly statusCode: number;
  readonly headers: IncomingMessage["headers"];
  /** `null` unless the status is 200. */
  readonly body: Json;
}

/** @throws when the Service leads nowhere, the server does not answer in time, or its document is no JSON */
export async function extensionDocument(
  { store, backends }: { readonly store: ObjectStore; readonly backends: BackendClients },
  { apiService, service, target, headers, user, timeoutMs }: DocumentRequest,
): Promise<ExtensionDocument> {
  const answer = await backends.for(apiService, service).send({
    endpoint: resolveEndpoint(store, service),
    method: "GET",
    target,
    headers: { ...headers, ...userHeaders(user) },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  const statusCode = answer.statusCode ?? 0;
  const body = statusCode === 200 ? (JSON.parse(Buffer.concat(chunks).toString()) as Json) : null;
  return { statusCode, headers: answer.headers, body };
}
