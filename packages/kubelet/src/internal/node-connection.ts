/** The kept-alive connection to one kubelet: HTTP/1.1, one request at a time. */
import { connect as connectPlain, type OnReadOpts, type Socket } from "node:net";
import { connect } from "node:tls";
import type { Clock } from "../clock.ts";
import type { KubeletEndpoint } from "../kubelet-endpoint.ts";
import { AnswerReader } from "./answer-reader.ts";
import type { Body, BodyPool } from "./body-pool.ts";
import { checkCertificateNames, serverName } from "./certificate-names.ts";
import { ExchangeFailure } from "./exchange-failure.ts";
import type { Trust } from "./trust.ts";

export interface Answer {
  readonly status: number;
  readonly encoding: string;
  /** To be given back to the pool. */
  readonly body: Body;
}

export interface Limits {
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

/** What all connections of a client share. */
export interface ConnectionSurroundings {
  readonly clock: Clock;
  readonly pool: BodyPool;
  /** Bytes are read into this one buffer and taken out of it at once, so no connection holds one of its own. */
  readonly readBuffer: Buffer;
}

/** What is under way on the connection. */
interface Exchange {
  readonly reader: AnswerReader;
  readonly isReused: boolean;
  readonly end: (error: Error | undefined) => void;
}

export class NodeConnection {
  readonly #endpoint: KubeletEndpoint;
  readonly #names: string;
  readonly #trust: Trust | undefined;
  readonly #surroundings: ConnectionSurroundings;
  #socket: Socket | undefined;
  #exchange: Exchange | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isDestroyed = false;

  /** @param trust - absent: plain HTTP */
  constructor(endpoint: KubeletEndpoint, trust: Trust | undefined, surroundings: ConnectionSurroundings) {
    this.#endpoint = endpoint;
    this.#names = endpoint.certificateNames.join();
    this.#trust = trust;
    this.#surroundings = surroundings;
  }

  /** Whether requests to `endpoint` may go through this connection. */
  serves(endpoint: KubeletEndpoint, trust: Trust | undefined): boolean {
    if (this.#endpoint === endpoint) return this.#trust === trust;
    return (
      this.#trust === trust &&
      this.#endpoint.address === endpoint.address &&
      this.#endpoint.port === endpoint.port &&
      this.#names === endpoint.certificateNames.join()
    );
  }

  /** Sends a request and collects its answer; a second one waits for the first. */
  ask(requestHead: string, limits: Limits): Promise<Answer> {
    const asked = this.#last.then(() => this.#ask(requestHead, limits));
    this.#last = asked.catch(() => {});
    return asked;
  }

  /** Closes the connection; what is under way fails. */
  destroy(): void {
    this.#isDestroyed = true;
    this.#fail(closedByUs());
  }

  #ask(requestHead: string, limits: Limits): Promise<Answer> {
    if (this.#isDestroyed) return Promise.reject(closedByUs());
    const { clock, pool } = this.#surroundings;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const reader = new AnswerReader(pool, limits.maxBodyBytes);
    const cancelTimeout = clock.after(limits.timeoutMs, () => {
      const where = reader.hasBegun ? "the answer did not end" : "no answer";
      this.#fail(new ExchangeFailure("timeout", `${where} within ${limits.timeoutMs} ms`));
    });
    const end = (error: Error | undefined): void => {
      cancelTimeout();
      this.#exchange = undefined;
      const { head } = reader;
      if (error !== undefined || head === undefined) {
        reader.release();
        reject(error ?? new Error("no answer"));
      } else resolve({ status: head.status, encoding: head.encoding, body: reader.takeBody() });
    };
    const socket = this.#socket;
    this.#exchange = { reader, isReused: socket !== undefined, end };
    if (socket === undefined) this.#open(requestHead);
    else socket.ref().write(requestHead, "latin1");
    return promise;
  }

  #open(requestHead: string): void {
    const { address: host, port, certificateNames } = this.#endpoint;
    const onread: OnReadOpts = {
      buffer: this.#surroundings.readBuffer,
      callback: (length, buffer) => this.#read(socket, Buffer.from(buffer.buffer, buffer.byteOffset, length)),
    };
    const trust = this.#trust;
    const common = { host, port, onread, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
    const socket: Socket =
      trust === undefined
        ? connectPlain(common)
        : connect({
            ...common,
            secureContext: trust.context,
            rejectUnauthorized: !trust.insecure,
            servername: serverName(certificateNames),
            checkServerIdentity: (_, certificate) => checkCertificateNames(certificateNames, certificate),
            ALPNProtocols: ["http/1.1"],
          });
    this.#socket = socket;
    // Nothing is sent before the certificate was checked.
    socket.once(trust === undefined ? "connect" : "secureConnect", () => socket.write(requestHead, "latin1"));
    socket.on("error", (error) => this.#ended(socket, error));
    socket.on("end", () => this.#ended(socket, undefined));
    socket.on("close", () => this.#ended(socket, undefined));
  }

  /** Returns whether to go on reading. */
  #read(socket: Socket, bytes: Buffer): boolean {
    if (socket !== this.#socket) return false;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      // Nothing was asked.
      this.#drop();
      return false;
    }
    try {
      if (exchange.reader.read(bytes)) this.#finish(exchange);
    } catch (error) {
      this.#fail(error as Error);
    }
    return this.#socket !== undefined;
  }

  #finish(exchange: Exchange): void {
    if (!exchange.reader.keepsConnection) this.#drop();
    // An idle connection keeps no process alive.
    this.#socket?.unref();
    exchange.end(undefined);
  }

  /** The other side, or the system, closed the connection. */
  #ended(socket: Socket, error: Error | undefined): void {
    if (socket !== this.#socket) return;
    const exchange = this.#exchange;
    this.#drop();
    if (exchange === undefined) return;
    const { reader } = exchange;
    if (error === undefined && reader.end()) exchange.end(undefined);
    else if (reader.hasBegun) exchange.end(new ExchangeFailure("truncated", "the answer ended early", error));
    else {
      const reason = error ?? Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
      exchange.end(exchange.isReused ? new ExchangeFailure("stale", reason.message, reason) : reason);
    }
  }

  #fail(error: Error): void {
    const exchange = this.#exchange;
    this.#drop();
    exchange?.end(error);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}

function closedByUs(): Error {
  return new Error("the connection was closed by us");
}
