/** One extension server as the aggregator dials it: verified by its caBundle and Service name, shown the front-proxy certificate. */
import { Agent, request as httpsRequest } from "node:https";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { PeerCertificate } from "node:tls";
import type { KeyPair } from "@kubemetrics/x509";
import type { ApiService, ServiceReference } from "./api-service.ts";
import { goEscapeHeaderName } from "./go-url.ts";
import type { Endpoint } from "./service-resolver.ts";
import type { User } from "./user.ts";

export interface BackendRequest {
  readonly endpoint: Endpoint;
  readonly method: string;
  /** Path and query, escaped. */
  readonly target: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Readable;
  readonly signal: AbortSignal;
}

/** The aggregator's transport: at most 25 idle connections a server, kept for 90 s. */
const idleConnections = 25;
const idleMs = 90_000;

export class BackendClient {
  readonly #agent: Agent;
  readonly #serverName: string;

  constructor(apiService: ApiService, service: ServiceReference, frontProxy: KeyPair) {
    this.#serverName = `${service.name}.${service.namespace}.svc`;
    this.#agent = new Agent({
      keepAlive: true,
      maxFreeSockets: idleConnections,
      timeout: idleMs,
      cert: frontProxy.certificatePem,
      key: frontProxy.keyPem,
      servername: this.#serverName,
      rejectUnauthorized: !apiService.skipsVerification,
      ...(apiService.caBundle !== "" && { ca: apiService.caBundle }),
      checkServerIdentity: (_host: string, certificate: PeerCertificate) => refuseName(this.#serverName, certificate),
    });
  }

  /** Resolves with the answer's head; rejects with the transport's error. A connection that died while idle is replaced once. */
  async send(request: BackendRequest): Promise<IncomingMessage> {
    try {
      return await this.#sendOnce(request);
    } catch (error) {
      const isStale = error instanceof TransportError && error.wasReused && request.body === undefined;
      if (!isStale || request.signal.aborted) throw error;
      return this.#sendOnce(request);
    }
  }

  #sendOnce({ endpoint, method, target, headers, body, signal }: BackendRequest): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { host, port } = endpoint;
    const outgoing = httpsRequest({ agent: this.#agent, host, port, method, path: target, headers, signal });
    outgoing.on("response", resolve);
    outgoing.on("error", (error) =>
      reject(new TransportError(error, endpoint, outgoing.reusedSocket, this.#serverName)),
    );
    if (body === undefined) outgoing.end();
    else body.pipe(outgoing);
    return promise;
  }

  /** Closes the connections nobody uses at the moment. */
  closeIdle(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  /** Cuts every connection. */
  close(): void {
    this.#agent.destroy();
  }
}

/** A request that got no answer. The message is what Go would say. */
export class TransportError extends Error {
  readonly wasReused: boolean;

  constructor(cause: Error, endpoint: Endpoint, wasReused: boolean, serverName: string) {
    super(goTransportText(cause, endpoint, serverName), { cause });
    this.name = "TransportError";
    this.wasReused = wasReused && ["ECONNRESET", "EPIPE"].includes((cause as NodeJS.ErrnoException).code ?? "");
  }
}

function goTransportText(cause: Error, { host, port }: Endpoint, serverName: string): string {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  switch (code) {
    case "ECONNREFUSED":
      return `dial tcp ${host}:${port}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `dial tcp ${host}:${port}: connect: no route to host`;
    case "ENOTFOUND":
      return `dial tcp: lookup ${host}: no such host`;
    case "ECONNRESET":
    case "EPIPE":
      return "EOF";
    case "ABORT_ERR":
      return "context deadline exceeded";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_SIGNATURE_FAILURE":
      return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return "tls: failed to verify certificate: x509: certificate has expired or is not yet valid";
    case "INVALID_PURPOSE":
      return "tls: failed to verify certificate: x509: certificate specifies an incompatible key usage";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `tls: failed to verify certificate: ${cause.message}`;
    case "EPROTO":
      return cause.message.includes("wrong version number")
        ? "http: server gave HTTP response to HTTPS client"
        : `tls: ${cause.message}`;
    default:
      return code === "" ? `${serverName}: ${cause.message}` : cause.message;
  }
}

/** Go looks only at the names in subjectAltName. A certificate without any is refused, whatever its CN says. */
function refuseName(serverName: string, certificate: PeerCertificate): Error | undefined {
  const names = (certificate.subjectaltname ?? "")
    .split(", ")
    .filter((entry) => entry.startsWith("DNS:"))
    .map((entry) => entry.slice("DNS:".length));
  if (names.some((name) => matchesName(name.toLowerCase(), serverName.toLowerCase()))) return undefined;
  const text =
    names.length === 0
      ? "x509: certificate is not valid for any names, but wanted to match"
      : `x509: certificate is valid for ${names.join(", ")}, not`;
  return Object.assign(new Error(`${text} ${serverName}`), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
}

function matchesName(pattern: string, name: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === name;
  const dot = name.indexOf(".");
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}

/** The headers that carry a user to an extension server. Values are UTF-8 bytes, which Node's headers hold as latin-1 text. */
export function userHeaders(user: User): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { "X-Remote-User": bytesOf(user.name) };
  if (user.uid !== "") headers["X-Remote-Uid"] = bytesOf(user.uid);
  if (user.groups.length > 0) headers["X-Remote-Group"] = user.groups.map(bytesOf);
  for (const [key, values] of user.extra) {
    headers[`X-Remote-Extra-${goEscapeHeaderName(key)}`] = values.map(bytesOf);
  }
  return headers;
}

function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
