import { goJson } from "@kubemetrics/apimachinery";
import { systemClock, type Clock } from "../clock.ts";
import type { ClusterConnection } from "../cluster-connection.ts";
import { KubeAnswerInvalid, KubeRequestFailed, KubeUnreachable } from "../kube-error.ts";
import type { ReviewOptions } from "../review-options.ts";
import { pause } from "./pause.ts";

export interface ReviewKind {
  readonly kind: string;
  readonly group: string;
  readonly resource: string;
  /** The empty `status` that Go's encoder writes. */
  readonly emptyStatus: object;
}

/** Sends reviews of one kind and returns their `status`. */
export class ReviewRequest {
  readonly #connection: ClusterConnection;
  readonly #kind: ReviewKind;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #timeoutMs: number;
  readonly #budgetMs: number;
  readonly #tries: number;

  constructor(connection: ClusterConnection, kind: ReviewKind, options: ReviewOptions) {
    this.#connection = connection;
    this.#kind = kind;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#budgetMs = options.budgetMs ?? 30_000;
    this.#tries = options.tries ?? 5;
  }

  /** @throws KubeRequestFailed, KubeUnreachable, KubeAnswerInvalid */
  async send(spec: object): Promise<object> {
    const { kind, group, emptyStatus } = this.#kind;
    const body = `${goJson({ kind, apiVersion: `${group}/v1`, metadata: {}, spec, status: emptyStatus })}\n`;
    const deadlineMs = this.#clock.now() + this.#budgetMs;
    let delayMs = 500;
    for (let tried = 1; ; tried++) {
      try {
        return this.#statusOf(await this.#once(body));
      } catch (error) {
        const waitMs = Math.max(delayMs * (1 + 0.2 * this.#random()), askedWaitMs(error));
        if (tried >= this.#tries || !isWorthRetrying(error) || this.#clock.now() + waitMs > deadlineMs) throw error;
        await pause(this.#clock, waitMs, [this.#connection.closed]);
        delayMs *= 1.5;
      }
    }
  }

  #once(body: string): Promise<unknown> {
    const { group, resource } = this.#kind;
    return this.#connection.request({
      verb: "create",
      location: { group, resource },
      path: `/apis/${group}/v1/${resource}`,
      query: { timeout: `${this.#timeoutMs / 1000}s` },
      accept: "application/json, */*",
      body,
      timeoutMs: this.#timeoutMs,
    });
  }

  /** An object without a kind counts as the kind asked for, as upstream decodes it: an empty one grants nothing. */
  #statusOf(answer: unknown): object {
    const { kind = this.#kind.kind, status } = (answer ?? {}) as { kind?: unknown; status?: unknown };
    if (kind !== this.#kind.kind) {
      throw new KubeAnswerInvalid(`the answer to create ${this.#kind.resource} is not a ${this.#kind.kind}`);
    }
    return typeof status === "object" && status !== null ? status : {};
  }
}

/** As upstream's webhook client, and a refused connection too: an API server that restarts is back within seconds. */
function isWorthRetrying(error: unknown): boolean {
  if (error instanceof KubeUnreachable) return error.code === "INTERRUPTED" || error.code === "REFUSED";
  if (!(error instanceof KubeRequestFailed)) return false;
  return (
    error.httpStatus === 500 || error.httpStatus === 504 || error.httpStatus === 429 || error.retryAfterMs !== undefined
  );
}

function askedWaitMs(error: unknown): number {
  return error instanceof KubeRequestFailed ? (error.retryAfterMs ?? 0) : 0;
}
