import type { Dispatcher } from "undici";
import { systemClock, type Clock } from "./clock.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { Deadline } from "./internal/deadline.ts";
import { requestFailed } from "./internal/failed-answer.ts";
import { RotatingPool } from "./internal/rotating-pool.ts";
import { shownAddress } from "./internal/shown-address.ts";
import { unreachable } from "./internal/unreachable.ts";
import { KubeAnswerInvalid, KubeConfigInvalid, KubeRequestFailed, KubeUnreachable } from "./kube-error.ts";
import type { KubeRequest, KubeStreamRequest } from "./kube-request.ts";
import { requestText, type KubeVerb } from "./resource-location.ts";

export interface ConnectionOptions {
  /**
   * Offer HTTP/2: all requests share a connection. Off by default: a lost HTTP/2 connection stalls every request on it until a
   * ping fails, a lost HTTP/1.1 connection only its own.
   */
  readonly http2?: boolean;
  /** For making a connection, TLS included. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** For a whole request that is not a stream. Default 60 s. */
  readonly requestTimeoutMs?: number;
  /** Connections at once; further requests wait. Default 64. */
  readonly maxConnections?: number;
  /** Longest body of a request that is not a stream. Default 128 MiB. */
  readonly maxAnswerBytes?: number;
  readonly userAgent?: string;
  readonly clock?: Clock;
}

const methods: Readonly<Record<KubeVerb, Dispatcher.HttpMethod>> = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
};

/** One pool of connections to one kube-apiserver. Credentials are asked for each request, certificates for each pool. */
export class ClusterConnection {
  /** For messages: without user name and password. */
  readonly server: string;
  readonly #config: ClusterConfig;
  readonly #options: Required<ConnectionOptions>;
  readonly #prefix: string;
  readonly #running = new Set<Deadline>();
  /** Of requests that wait for credentials. */
  readonly #unready = new Set<Deadline>();
  readonly #pools: RotatingPool;
  readonly #closing = new AbortController();

  /** @throws KubeConfigInvalid when the server address is not an http(s) URL */
  constructor(config: ClusterConfig, options: ConnectionOptions = {}) {
    this.server = shownAddress(config.server);
    if (!URL.canParse(config.server))
      throw new KubeConfigInvalid(`server "${this.server}" of ${config.description} is not a URL`);
    const url = new URL(config.server);
    this.#config = config;
    this.#prefix = url.pathname.replace(/\/+$/, "");
    this.#options = {
      http2: options.http2 ?? false,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
      maxConnections: options.maxConnections ?? 64,
      maxAnswerBytes: options.maxAnswerBytes ?? 128 * 1024 * 1024,
      userAgent: options.userAgent ?? "kubemetrics",
      clock: options.clock ?? systemClock,
    };
    this.#pools = new RotatingPool(url.origin, config, this.#options);
  }

  /**
   * Sends a request and decodes the JSON answer. Reads are sent again once when a connection breaks before an answer.
   *
   * @throws KubeRequestFailed, KubeUnreachable, KubeAnswerInvalid
   */
  async request(request: KubeRequest): Promise<unknown> {
    try {
      return await this.#decoded(request);
    } catch (error) {
      const isRead = methods[request.verb] === "GET";
      if (!isRead || !(error instanceof KubeUnreachable) || error.code !== "INTERRUPTED") throw error;
      return this.#decoded(request);
    }
  }

  /**
   * Opens an answer that goes on: resolves when the server accepted it, then yields its bytes until the server ends it.
   * Leaving the loop early closes it. Errors as in `request`, at any time.
   */
  async stream(request: KubeStreamRequest): Promise<AsyncGenerator<Uint8Array, void, void>> {
    const deadline = this.#start(request);
    try {
      const answer = await this.#send(request, deadline);
      return this.#chunks(request, answer, deadline);
    } catch (error) {
      throw this.#ended(deadline, error);
    }
  }

  /** Fires when this connection is closed, with the error that running requests end with. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Ends every running request with `CLOSED` and closes all connections. */
  async close(): Promise<void> {
    const closed = new KubeUnreachable("CLOSED", `the connection to ${this.server} was closed by this process`);
    this.#closing.abort(closed);
    for (const deadline of this.#running) deadline.abort(closed);
    await this.#pools.destroy(closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(request: KubeRequest): Deadline {
    const deadline = new Deadline(this.#options.clock, request.signal);
    const timeoutMs = request.timeoutMs ?? this.#options.requestTimeoutMs;
    deadline.restart(timeoutMs, () =>
      this.#unready.has(deadline)
        ? this.#withoutCredentials(request, timeoutMs)
        : this.#timedOut(request, `no answer within ${timeoutMs / 1000} s`),
    );
    this.#running.add(deadline);
    return deadline;
  }

  #timedOut(request: KubeRequest, what: string): KubeUnreachable {
    const asked = requestText(request.verb, request.location);
    return new KubeUnreachable(
      "TIMED_OUT",
      `${asked} (${request.path}): ${what} from kube-apiserver at ${this.server}`,
    );
  }

  #withoutCredentials(request: KubeRequest, timeoutMs: number): KubeUnreachable {
    const asked = requestText(request.verb, request.location);
    return new KubeUnreachable(
      "TIMED_OUT",
      `${asked} (${request.path}): no credentials within ${timeoutMs / 1000} s from ${this.#config.description}; see that its files can be read and that its credential plugin ends`,
    );
  }

  /** Credentials come from files and programs that know nothing of a request's time. */
  async #credentials<T>(asked: Promise<T>, deadline: Deadline): Promise<T> {
    this.#unready.add(deadline);
    try {
      return await deadline.race(asked);
    } finally {
      this.#unready.delete(deadline);
    }
  }

  /** Ends the bookkeeping of a request and says what its failure was. */
  #ended(deadline: Deadline, error: unknown): Error {
    this.#running.delete(deadline);
    deadline.end();
    return unreachable(this.server, deadline.signal.aborted ? deadline.signal.reason : error);
  }

  async #decoded(request: KubeRequest): Promise<unknown> {
    const deadline = this.#start(request);
    let text: string;
    try {
      const answer = await this.#send(request, deadline);
      text = await this.#text(answer, this.#options.maxAnswerBytes, request);
    } catch (error) {
      throw this.#ended(deadline, error);
    }
    this.#running.delete(deadline);
    deadline.end();
    try {
      return JSON.parse(text);
    } catch (cause) {
      const asked = requestText(request.verb, request.location);
      throw new KubeAnswerInvalid(`the answer to ${asked} (${request.path}) is not JSON: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  async *#chunks(
    request: KubeStreamRequest,
    answer: Dispatcher.ResponseData,
    deadline: Deadline,
  ): AsyncGenerator<Uint8Array, void, void> {
    const silent = (): Error => this.#timedOut(request, `nothing for ${request.silenceMs / 1000} s`);
    try {
      deadline.restart(request.silenceMs, silent);
      for await (const chunk of answer.body) {
        deadline.restart(request.silenceMs, silent);
        yield chunk as Uint8Array;
      }
    } catch (error) {
      throw this.#ended(deadline, error);
    } finally {
      this.#running.delete(deadline);
      deadline.end();
    }
  }

  /** Sends once, and once more with fresh credentials when they were refused. @throws unless the answer is 2xx */
  async #send(request: KubeRequest, deadline: Deadline): Promise<Dispatcher.ResponseData> {
    this.closed.throwIfAborted();
    const authorization = await this.#credentials(this.#config.authorization(this.closed), deadline);
    let answer = await this.#dispatch(request, authorization, deadline);
    if (answer.statusCode === 401) {
      this.#config.credentialsRefused?.();
      const fresh = await this.#credentials(this.#config.authorization(this.closed), deadline);
      if (fresh !== authorization) {
        await answer.body.dump();
        answer = await this.#dispatch(request, fresh, deadline);
      }
    }
    if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
    const body = await this.#text(answer, 1024 * 1024, request);
    const retryAfter = answer.headers["retry-after"];
    throw requestFailed(request, answer.statusCode, body, typeof retryAfter === "string" ? retryAfter : undefined);
  }

  async #dispatch(
    request: KubeRequest,
    authorization: string | undefined,
    deadline: Deadline,
  ): Promise<Dispatcher.ResponseData> {
    const pool = await this.#credentials(this.#pools.current(this.closed), deadline);
    const query = request.query === undefined ? "" : `?${new URLSearchParams(request.query).toString()}`;
    return pool.request({
      method: methods[request.verb],
      path: `${this.#prefix}${request.path}${query}`,
      headers: {
        accept: request.accept ?? "application/json",
        "user-agent": this.#options.userAgent,
        ...(authorization === undefined ? {} : { authorization }),
        ...(request.body === undefined ? {} : { "content-type": request.contentType ?? "application/json" }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: deadline.signal,
    });
  }

  async #text(answer: Dispatcher.ResponseData, limitBytes: number, request: KubeRequest): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body) {
      bytes += (chunk as Uint8Array).byteLength;
      if (bytes > limitBytes) {
        const asked = requestText(request.verb, request.location);
        throw new KubeAnswerInvalid(`the answer to ${asked} (${request.path}) is longer than ${limitBytes} bytes`);
      }
      chunks.push(chunk as Uint8Array);
    }
    return Buffer.concat(chunks, bytes).toString("utf8");
  }
}

/** Whether an error is an answer of kube-apiserver with this code. */
export function isRequestFailed(error: unknown, code: KubeRequestFailed["code"]): error is KubeRequestFailed {
  return error instanceof KubeRequestFailed && error.code === code;
}
