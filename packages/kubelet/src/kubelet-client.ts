/** Asks kubelets over HTTPS: one kept-alive connection a node (docs/decisions/0005). */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { systemClock, type Clock } from "./clock.ts";
import { BodyPool } from "./internal/body-pool.ts";
import { ExchangeFailure } from "./internal/exchange-failure.ts";
import { NodeConnection, type Answer, type ConnectionSurroundings } from "./internal/node-connection.ts";
import { authorityOf, requestHead } from "./internal/request-head.ts";
import {
  badEncoding,
  closedFailure,
  noCredentials,
  requestFailure,
  statusFailure,
  tooBig,
  unusableTrust,
  type RequestPlace,
} from "./internal/request-failure.ts";
import { TrustSource, type Trust } from "./internal/trust.ts";
import type { KubeletEndpoint } from "./kubelet-endpoint.ts";
import type { KubeletError } from "./kubelet-error.ts";

/** Certificates for connections to kubelets, as PEM text. */
export interface KubeletTls {
  /** Who signed the kubelets' serving certificates. Absent: the roots that come with Node.js, which know no kubelet. */
  readonly certificateAuthority?: string | undefined;
  /** Client certificate and key: both or neither. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Accepts any certificate: whoever answers on that address gets our token and can invent usage. Default false. */
  readonly insecure?: boolean | undefined;
}

export interface KubeletClientOptions {
  /** Asked before each request; give the same strings while nothing changed. Connections made with other material are closed. */
  readonly tls: () => KubeletTls;
  /** Value of the Authorization header (`Bearer …`). Asked before each request, so a renewed token takes effect. */
  readonly authorization?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Called when a kubelet answered 401, so that the next request uses fresh credentials. */
  readonly credentialsRefused?: (() => void) | undefined;
  /** Plain HTTP, no credentials: `--deprecated-kubelet-completely-insecure`. Default false. */
  readonly plaintext?: boolean | undefined;
  /** Bytes of a body, before and after decompression, beyond which a kubelet is cut off. Default 32 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Ask for gzip: fewer bytes on the wire for more of our and the kubelet's CPU. Default false. */
  readonly compress?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

const inflate = promisify(gunzip);

/**
 * GETs pages from kubelets. The address is dialled, and the certificate must be for that address or for the node's name.
 *
 * The certificate is checked in every handshake: sessions are not resumed, because a resumed one is not checked again.
 */
export class KubeletClient {
  readonly #options: KubeletClientOptions;
  readonly #clock: Clock;
  readonly #maxBodyBytes: number;
  readonly #trust: TrustSource | undefined;
  readonly #pool = new BodyPool();
  readonly #surroundings: ConnectionSurroundings;
  readonly #connections = new Map<string, NodeConnection>();
  #isClosed = false;

  constructor(options: KubeletClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#maxBodyBytes = options.maxBodyBytes ?? 32 * 1024 * 1024;
    this.#surroundings = { clock: this.#clock, pool: this.#pool, readBuffer: Buffer.allocUnsafeSlow(64 * 1024) };
    this.#trust = options.plaintext === true ? undefined : new TrustSource(options.tls);
  }

  /**
   * GETs one path and hands the body to `use`. The bytes belong to the client again when `use` returns.
   *
   * @throws KubeletError
   */
  async get<T>(endpoint: KubeletEndpoint, path: string, timeoutMs: number, use: (body: Uint8Array) => T): Promise<T> {
    const place = { endpoint, url: this.#url(endpoint, path) };
    let answer: Answer;
    try {
      answer = await this.#ask(endpoint, path, timeoutMs);
    } catch (cause) {
      throw requestFailure(place, cause);
    }
    try {
      if (answer.status !== 200) throw this.#refusal(place, answer);
      return use(answer.encoding === "identity" ? answer.body.view() : await this.#inflated(place, answer));
    } finally {
      this.#pool.give(answer.body);
    }
  }

  /** Closes the node's connection; a running request ends with `CLOSED`. */
  forget(node: string): void {
    const connection = this.#connections.get(node);
    this.#connections.delete(node);
    connection?.destroy();
  }

  /** Closes all connections; running requests end with `CLOSED`. */
  close(): void {
    this.#isClosed = true;
    for (const node of this.#connections.keys()) this.forget(node);
  }

  async #ask(endpoint: KubeletEndpoint, path: string, timeoutMs: number): Promise<Answer> {
    const untilMs = this.#clock.now() + timeoutMs;
    const head = requestHead(endpoint, path, {
      compress: this.#options.compress === true,
      authorization: await this.#authorization(endpoint),
    });
    try {
      return await this.#send(endpoint, head, timeoutMs);
    } catch (error) {
      const leftMs = untilMs - this.#clock.now();
      if (!(error instanceof ExchangeFailure) || error.kind !== "stale" || leftMs <= 0) throw error;
      return await this.#send(endpoint, head, leftMs);
    }
  }

  async #send(endpoint: KubeletEndpoint, head: string, timeoutMs: number): Promise<Answer> {
    if (this.#isClosed) throw closedFailure(endpoint);
    const connection = this.#connection(endpoint);
    try {
      return await connection.ask(head, { timeoutMs, maxBodyBytes: this.#maxBodyBytes });
    } catch (error) {
      throw this.#connections.get(endpoint.node) === connection ? error : closedFailure(endpoint);
    }
  }

  /** The node's connection; another one when its address moved or the trust changed. */
  #connection(endpoint: KubeletEndpoint): NodeConnection {
    const trust = this.#currentTrust(endpoint);
    const known = this.#connections.get(endpoint.node);
    if (known?.serves(endpoint, trust) === true) return known;
    this.forget(endpoint.node);
    const made = new NodeConnection(endpoint, trust, this.#surroundings);
    this.#connections.set(endpoint.node, made);
    return made;
  }

  #currentTrust(endpoint: KubeletEndpoint): Trust | undefined {
    try {
      return this.#trust?.current();
    } catch (cause) {
      throw unusableTrust(endpoint, cause);
    }
  }

  async #authorization(endpoint: KubeletEndpoint): Promise<string | undefined> {
    if (this.#trust === undefined) return undefined;
    try {
      return await this.#options.authorization?.();
    } catch (cause) {
      throw noCredentials(endpoint, cause);
    }
  }

  async #inflated(place: RequestPlace, answer: Answer): Promise<Uint8Array> {
    if (answer.encoding !== "gzip") {
      throw badEncoding(
        place,
        `content-encoding ${JSON.stringify(answer.encoding)} is unknown; what is before the kubelet?`,
      );
    }
    try {
      return await inflate(answer.body.view(), { maxOutputLength: this.#maxBodyBytes });
    } catch (cause) {
      const isTooBig = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
      if (isTooBig) throw tooBig(place, this.#maxBodyBytes, cause);
      throw badEncoding(place, `broken gzip: ${(cause as Error).message}; see the kubelet's log`, cause);
    }
  }

  #refusal(place: RequestPlace, answer: Answer): KubeletError {
    if (answer.status === 401) this.#options.credentialsRefused?.();
    return statusFailure(place, answer.status, answer.body.view().toString("utf8", 0, 300));
  }

  #url(endpoint: KubeletEndpoint, path: string): string {
    return `${this.#trust === undefined ? "http" : "https"}://${authorityOf(endpoint)}${path}`;
  }
}
