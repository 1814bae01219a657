/** A TLS server on loopback that answers as a test tells it to, and can be killed and brought back on its port. */
import http2 from "node:http2";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import https from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { issueAuthority, issueServer, type KeyPair } from "@kubemetrics/x509";
import type { ClusterConfig } from "@kubemetrics/kube";

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly peerCommonName: string | undefined;
  json(status: number, body: unknown, headers?: Record<string, string>): void;
  /** Accepts a watch. */
  watch(): WatchStream;
}

export interface WatchStream {
  send(type: string, object: unknown): void;
  raw(text: string): void;
  end(): void;
  cut(): void;
  readonly closed: Promise<void>;
}

export type Handler = (exchange: Exchange) => void;

export const authority: KeyPair = issueAuthority({ commonName: "kube-ca" });
const loopback = issueServer(authority, {
  commonName: "kube-apiserver",
  dnsNames: ["kubernetes"],
  ipAddresses: ["127.0.0.1"],
});

export interface ServerChoices {
  readonly pair?: KeyPair;
  readonly http2?: boolean;
}

export class ScriptedApiServer {
  readonly exchanges: Exchange[] = [];
  handler: Handler;
  connections = 0;
  readonly #choices: ServerChoices;
  readonly #sockets = new Set<Socket>();
  #waiting: { readonly path: string; readonly resolve: (exchange: Exchange) => void }[] = [];
  #server: Server | undefined;
  #port = 0;

  private constructor(handler: Handler, choices: ServerChoices) {
    this.handler = handler;
    this.#choices = choices;
  }

  static async start(handler: Handler, choices: ServerChoices = {}): Promise<ScriptedApiServer> {
    const server = new ScriptedApiServer(handler, choices);
    await server.listen();
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** A configuration that reaches this server with a token. */
  config(overrides: Partial<ClusterConfig> = {}): ClusterConfig {
    return {
      description: "test",
      server: this.url,
      tls: () => Promise.resolve({ certificateAuthority: authority.certificatePem }),
      authorization: () => Promise.resolve("Bearer t"),
      ...overrides,
    };
  }

  /** On the port it had before, if any. */
  async listen(): Promise<void> {
    const { pair = loopback, http2: isHttp2 = false } = this.#choices;
    const tls = { cert: pair.certificatePem, key: pair.keyPem, requestCert: true, rejectUnauthorized: false };
    const serve = (
      request: IncomingMessage | Http2ServerRequest,
      response: ServerResponse | Http2ServerResponse,
    ): void => {
      void this.#serve(request as IncomingMessage, response as ServerResponse);
    };
    const server = isHttp2 ? http2.createSecureServer(tls, serve) : https.createServer(tls, serve);
    server.on("secureConnection", () => this.connections++);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** As a crash: every connection is reset, the port is closed. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** The next request whose path and query contain the text; one that came already and was not asked for counts. */
  next(text: string): Promise<Exchange> {
    const at = this.exchanges.findIndex((exchange) => target(exchange).includes(text));
    if (at !== -1) return Promise.resolve(this.exchanges.splice(at, 1)[0]!);
    return new Promise((resolve) => this.#waiting.push({ path: text, resolve }));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? "/", this.url);
    const peer = (request.socket as TLSSocket).getPeerCertificate?.() as { subject?: { CN?: string } } | undefined;
    const exchange: Exchange = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      peerCommonName: peer?.subject?.CN,
      json(status, value, headers = {}) {
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(typeof value === "string" ? value : JSON.stringify(value));
      },
      watch: () => watchStream(response),
    };
    const waiting = this.#waiting.findIndex(({ path }) => target(exchange).includes(path));
    if (waiting === -1) this.exchanges.push(exchange);
    else this.#waiting.splice(waiting, 1)[0]!.resolve(exchange);
    this.handler(exchange);
  }
}

function target(exchange: Exchange): string {
  return `${exchange.path}?${exchange.query.toString()}`;
}

function watchStream(response: ServerResponse): WatchStream {
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders?.();
  const closed = new Promise<void>((resolve) => response.on("close", resolve));
  return {
    send: (type, object) => void response.write(`${JSON.stringify({ type, object })}\n`),
    raw: (text) => void response.write(text),
    end: () => void response.end(),
    cut: () => void response.destroy(),
    closed,
  };
}

/** A Status as kube-apiserver sends it. */
export function status(code: number, reason: string, message: string): object {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
}

export function list(resourceVersion: string, items: readonly unknown[], next?: string): object {
  return {
    kind: "List",
    apiVersion: "v1",
    metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) },
    items,
  };
}

export function pod(
  namespace: string,
  name: string,
  labels: Record<string, string> = {},
  resourceVersion = "1",
): object {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: { namespace, name, labels, resourceVersion },
  };
}
