/** The socket side: listening, certificates, connections. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { Server as NetServer, type AddressInfo, type Socket } from "node:net";
import type { TrustSource } from "@kubemetrics/authentication";
import { ClientCaHints, sendsHints } from "./client-ca-hints.ts";
import type { Clock } from "./clock.ts";
import type { Drainable } from "./connection-drain.ts";
import type { Connections } from "./connection.ts";
import { mostHeaderLines } from "./framing-filter.ts";
import { RefusedCertificates } from "./refused-certificate.ts";
import { refuseUpgrade } from "./refused-upgrade.ts";
import type { Limits, Log, TlsOptions } from "./server-options.ts";
import { StalledReaders } from "./stalled-readers.ts";
import { httpsOptions, requireUsable, secureContextOptions, type TlsMaterial } from "./tls-settings.ts";
import { refuseUnreadable } from "./unreadable-bytes.ts";

type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface ListenerOptions {
  readonly tls: TlsOptions;
  readonly clientCaHints?: TrustSource;
  readonly onCertificateRefused?: () => void;
  readonly limits: Pick<Limits, "headersTimeoutMs" | "stalledReaderMs">;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly log: Log;
}

export class HttpsListener implements Drainable {
  readonly #options: TlsOptions;
  readonly #log: Log;
  readonly #connections: Connections;
  readonly #hints: ClientCaHints | undefined;
  #material: TlsMaterial;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Those whose handshake is over. */
  readonly #secured = new Set<Socket>();
  readonly #stalled: StalledReaders;
  #endSweeps = (): void => undefined;

  /** @throws ServingPairInvalid */
  constructor({ tls, clientCaHints, onCertificateRefused, limits, connections, clock, log }: ListenerOptions) {
    this.#options = tls;
    this.#log = log;
    this.#connections = connections;
    this.#hints = clientCaHints !== undefined && sendsHints ? new ClientCaHints(clientCaHints) : undefined;
    if (clientCaHints !== undefined && !sendsHints)
      log.warn({}, "no client CAs are named in handshakes: before Node 26 that would lose clients' intermediates");
    this.#material = { pair: tls, clientCaHints: [] };
    requireUsable(tls, this.#material);
    this.#server = createServer(httpsOptions(tls, this.#material, limits.headersTimeoutMs));
    this.#stalled = new StalledReaders(limits.stalledReaderMs, clock);
    // Node drops the lines beyond it without a word; the framing filter refuses what may have lost some.
    this.#server.maxHeadersCount = mostHeaderLines;
    // Node would end a connection when the client does, whatever is still to be sent. `Connection` decides it.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    // Before Node's own listener, which begins the handshake.
    if (this.#hints !== undefined) this.#server.prependListener("connection", () => this.#nameAuthorities());
    this.#server.on("connection", (socket) => track(socket, this.#sockets));
    this.#server.on("secureConnection", (socket) => {
      track(socket, this.#secured);
      socket.allowHalfOpen = true;
      this.#stalled.watch(socket);
    });
    const refused = (request: IncomingMessage): void => refuseUpgrade(request, connections.of(request.socket));
    this.#server.on("upgrade", refused);
    this.#server.on("connect", refused);
    const refusals = new RefusedCertificates(clock, log, onCertificateRefused);
    this.#server.on("clientError", (error, socket) => {
      refusals.note(error, socket);
      refuseUnreadable(error, socket, connections.of(socket as Socket));
    });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  handle(handler: NodeHandler): void {
    this.#server.on("request", handler);
    // Without a listener Node invites every body before anybody is asked, and writes the invitation into the answer of
    // a request that waits behind another one.
    this.#server.on("checkContinue", handler);
    // Nor does Node's own refusal of other expectations look at what else waits on the connection.
    this.#server.on("checkExpectation", handler);
  }

  listen(port: number, host: string): Promise<{ readonly port: number; readonly host: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly port: number; readonly host: string }>();
    this.#server.once("error", reject);
    this.#endSweeps = this.#stalled.start();
    this.#server.listen(port, host, () => {
      this.#server.off("error", reject);
      const { port: bound, address } = this.#server.address() as AddressInfo;
      resolve({ port: bound, host: address });
    });
    return promise;
  }

  /** For new handshakes. What cannot be used throws and changes nothing. */
  replace(change: Partial<TlsMaterial>): void {
    const material = { ...this.#material, ...change };
    requireUsable(this.#options, material);
    this.#server.setSecureContext(secureContextOptions(this.#options, material));
    this.#material = material;
  }

  stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // That of `https`, and closeIdleConnections, cut answers that were handed over and have not left yet.
    NetServer.prototype.close.call(this.#server, () => {
      this.#endSweeps();
      // Ends Node's own sweeps, too.
      this.#server.close();
      resolve();
    });
    return promise;
  }

  closeIdle(isLate: boolean): void {
    for (const socket of this.#secured) if (this.#connections.isIdle(socket, isLate)) socket.destroy();
  }

  /** Handshakes in progress and refused upgrades included. */
  closeAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #nameAuthorities(): void {
    try {
      const clientCaHints = this.#hints?.next();
      if (clientCaHints !== undefined) this.replace({ clientCaHints });
    } catch (error) {
      this.#log.warn({ err: error }, "the client CAs named in handshakes stay as they were");
    }
  }
}

function track(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
}
