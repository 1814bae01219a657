/** One request and its answer. */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Clock } from "../clock.ts";
import type { Body, BodyPool } from "./body-pool.ts";

export interface Answer {
  readonly status: number;
  readonly encoding: string;
  readonly body: Body;
}

/** How an exchange ended without an answer, besides errors of Node. */
export class ExchangeFailure extends Error {
  readonly kind: "timeout" | "too-big" | "truncated" | "stale";

  constructor(kind: ExchangeFailure["kind"], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

export interface ExchangeOptions {
  readonly pool: BodyPool;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

/** Enough of an error's body to show. */
const errorBytes = 4096;

/**
 * Sends the request and collects the answer into a pooled body, which the caller gives back.
 *
 * Fails with `stale` when a kept connection turned out to be closed: nothing was answered, so it may be sent again.
 */
export function exchange(request: ClientRequest, options: ExchangeOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let body: Body | undefined;
    let isAnswered = false;
    const fail = (error: unknown): void => {
      cancelTimeout();
      if (body !== undefined) options.pool.give(body);
      body = undefined;
      request.destroy();
      reject(error);
    };
    const cancelTimeout = options.clock.after(options.timeoutMs, () => {
      const where = isAnswered ? "the answer did not end" : "no answer";
      fail(new ExchangeFailure("timeout", `${where} within ${options.timeoutMs} ms`));
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      const isStale = !isAnswered && request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      fail(isStale ? new ExchangeFailure("stale", error.message, error) : error);
    });
    request.on("response", (response: IncomingMessage) => {
      isAnswered = true;
      const status = response.statusCode ?? 0;
      const collected = (body = options.pool.take());
      response.on("data", (chunk: Buffer) => {
        if (body === undefined) return;
        if (status !== 200 && collected.length + chunk.length > errorBytes) {
          // No need to hear the rest; the connection goes with it.
          collected.append(chunk.subarray(0, errorBytes - collected.length));
          response.destroy();
          return finish();
        }
        if (collected.length + chunk.length > options.maxBodyBytes) {
          return fail(new ExchangeFailure("too-big", `the body is larger than ${options.maxBodyBytes} bytes`));
        }
        collected.append(chunk);
      });
      response.on("end", finish);
      response.on("error", (error: Error) => {
        if (body !== undefined) fail(new ExchangeFailure("truncated", "the body ended early", error));
      });

      function finish(): void {
        if (body === undefined) return;
        if (status === 200 && !response.complete) {
          return fail(new ExchangeFailure("truncated", "the body ended early"));
        }
        body = undefined;
        cancelTimeout();
        resolve({ status, encoding: response.headers["content-encoding"] ?? "identity", body: collected });
      }
    });
    request.end();
  });
}
