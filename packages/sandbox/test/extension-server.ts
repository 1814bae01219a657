/** A small extension API server that remembers what it was asked. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { CertificateAndKey } from "@kubemetrics/sandbox";

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string[] | undefined };
  readonly body: string;
  /** CN of the client certificate. */
  readonly peer: string | undefined;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ExtensionServer extends AsyncDisposable {
  readonly port: number;
  readonly seen: Seen[];
  /** Answers a path from now on; without a handler everything under `/apis/<group>/<version>` is 200. */
  on(path: string, handler: Handler): void;
  close(): Promise<void>;
}

export async function startExtensionServer(
  { certificatePem, keyPem }: CertificateAndKey,
  port = 0,
): Promise<ExtensionServer> {
  const seen: Seen[] = [];
  const handlers = new Map<string, Handler>();
  const server = createServer(
    { cert: certificatePem, key: keyPem, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const url = request.url ?? "";
        const peer = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
        seen.push({
          method: request.method ?? "",
          url,
          headers: request.headersDistinct,
          body: Buffer.concat(chunks).toString(),
          peer: Array.isArray(peer) ? peer[0] : peer,
        });
        const handler = handlers.get(url.split("?", 1)[0]!);
        if (handler !== undefined) return handler(request, response);
        const isGroupVersion = /^\/apis\/[^/]+\/[^/]+/.test(url);
        response.writeHead(isGroupVersion ? 200 : 404, { "content-type": "application/json" });
        response.end("{}");
      });
    },
  );
  // Also connections that are still shaking hands: the server does not count those among its own.
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    on: (path, handler) => handlers.set(path, handler),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Sends a value as JSON. */
export function json(value: unknown, headers: { readonly [name: string]: string } = {}): Handler {
  return (_, response) => {
    response.writeHead(200, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
}
