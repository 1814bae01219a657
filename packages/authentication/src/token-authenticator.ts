/** Finds out who a bearer token belongs to: one TokenReview per token and ten seconds, however many requests carry it. */
import { createHmac, randomBytes } from "node:crypto";
import type { TokenReviewer, TokenReviewStatus } from "./token-reviewer.ts";
import { withAuthenticatedGroup, type UserInfo } from "./user-info.ts";

export type TokenAnswer =
  | { readonly kind: "user"; readonly user: UserInfo; readonly audiences: readonly string[] }
  /** Somebody else's, expired, or made up. */
  | { readonly kind: "unknown" }
  /** The question could not be answered. */
  | { readonly kind: "failed"; readonly reason: string };

export interface TokenAuthenticatorOptions {
  readonly reviewer: TokenReviewer;
  /**
   * Audiences that a token must be for, one of them at least. `undefined` = any token of the cluster will do; an empty
   * list accepts none.
   */
  readonly audiences?: readonly string[] | undefined;
  /** What a review means that names no audience (a server that knows nothing of audiences). Default: `audiences`. */
  readonly implicitAudiences?: readonly string[] | undefined;
  /** How long good and bad answers are kept, milliseconds; 0 = not at all. Failures are never kept. Default 10 s. */
  readonly cacheTtlMs?: number;
  /** Answers kept at most. Default 10,000. */
  readonly cacheSize?: number;
  /** How long a review may take before all who wait for it are told so, milliseconds. Default 30 s. */
  readonly lookupTimeoutMs?: number;
  /** How old an answer is: milliseconds of a clock that nobody sets, from any origin. Default `performance.now`. */
  readonly clock?: () => number;
  /** 32 random bytes. Default: from the system, anew in each process. */
  readonly cacheKey?: Uint8Array;
  /** Calls once after a time and returns how to prevent it. Default: an unreferenced `setTimeout`. */
  readonly after?: (run: () => void, ms: number) => () => void;
}

interface KeptAnswer {
  readonly answer: TokenAnswer;
  readonly untilMs: number;
}

/**
 * Tokens themselves are not kept: answers are found under an HMAC with a key of this process, so that neither a dump of
 * its memory nor a crafted token gets anywhere.
 *
 * @see k8s.io/apiserver `plugin/pkg/authenticator/token/webhook` and `pkg/authentication/token/cache`
 */
export class TokenAuthenticator {
  readonly #options: TokenAuthenticatorOptions;
  readonly #key: Uint8Array;
  readonly #clock: () => number;
  readonly #kept = new Map<string, KeptAnswer>();
  readonly #asking = new Map<string, Promise<TokenAnswer>>();

  constructor(options: TokenAuthenticatorOptions) {
    this.#options = options;
    this.#key = options.cacheKey ?? randomBytes(32);
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** At once when the answer is kept, otherwise as a promise that never rejects. */
  lookup(token: string): TokenAnswer | Promise<TokenAnswer> {
    const key = this.#keyOf(token);
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      if (this.#clock() < kept.untilMs) return kept.answer;
      this.#kept.delete(key);
    }
    const asking = this.#asking.get(key);
    if (asking !== undefined) return asking;
    const asked = this.#ask(token, key).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  async #ask(token: string, key: string): Promise<TokenAnswer> {
    const { reviewer, audiences, lookupTimeoutMs = 30_000, after = afterTimeout } = this.#options;
    const timeout = Promise.withResolvers<TokenAnswer>();
    const cancel = after(() => {
      timeout.resolve({ kind: "failed", reason: `no TokenReview answer within ${lookupTimeoutMs} ms` });
    }, lookupTimeoutMs);
    try {
      const review = reviewer.review(token, audiences ?? []).then((status) => this.#answerOf(status));
      // A late answer is of use to nobody, and its failure is nobody's unhandled rejection.
      review.catch(() => undefined);
      const answer = await Promise.race([review, timeout.promise]);
      if (answer.kind !== "failed") this.#keep(key, answer);
      return answer;
    } catch (error) {
      return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
    } finally {
      cancel();
    }
  }

  #answerOf(status: TokenReviewStatus): TokenAnswer {
    if (!isWellFormed(status)) return { kind: "failed", reason: "the TokenReview answer has fields of wrong types" };
    const { audiences: wanted, implicitAudiences = wanted ?? [] } = this.#options;
    const stated = status.audiences ?? [];
    const acceptable = stated.length > 0 ? stated : implicitAudiences;
    const audiences = acceptable.filter((audience) => wanted?.includes(audience));
    if (wanted !== undefined && audiences.length === 0) return { kind: "unknown" };
    // An error beside `authenticated: true` does not take the answer back, as upstream.
    if (status.authenticated !== true) {
      return (status.error ?? "") === "" ? { kind: "unknown" } : { kind: "failed", reason: status.error ?? "" };
    }
    return { kind: "user", user: withAuthenticatedGroup(userOf(status)), audiences };
  }

  #keep(key: string, answer: TokenAnswer): void {
    const { cacheTtlMs = 10_000, cacheSize = 10_000 } = this.#options;
    if (cacheTtlMs <= 0) return;
    // The oldest go first: with one lifetime for all, they are the next to end anyway.
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < cacheSize) break;
      this.#kept.delete(oldest);
    }
    this.#kept.delete(key);
    this.#kept.set(key, { answer, untilMs: this.#clock() + cacheTtlMs });
  }

  /** Lengths go in too, so that no two (token, audiences) run together. */
  #keyOf(token: string): string {
    const hmac = createHmac("sha256", this.#key);
    const audiences = this.#options.audiences ?? [];
    for (const text of [token, String(audiences.length), ...audiences]) {
      hmac.update(`${Buffer.byteLength(text)}:`).update(text);
    }
    return hmac.digest("latin1");
  }
}

function userOf({ user }: TokenReviewStatus): UserInfo {
  const extra = Object.entries(user?.extra ?? {}).map(([key, values]) => [key, values ?? []] as const);
  return { name: user?.username ?? "", uid: user?.uid ?? "", groups: user?.groups ?? [], extra: new Map(extra) };
}

/** The status comes over the network: a user whose name is a number, say, must not get any further. */
function isWellFormed(status: TokenReviewStatus): boolean {
  const { authenticated, user, audiences, error } = status as { readonly [K in keyof TokenReviewStatus]: unknown };
  const { username, uid, groups, extra } = (user ?? {}) as Readonly<Record<string, unknown>>;
  const isObject = (value: unknown): boolean => value === undefined || value === null || typeof value === "object";
  return (
    (authenticated === undefined || typeof authenticated === "boolean") &&
    [error, username, uid].every((text) => text === undefined || typeof text === "string") &&
    [user, extra].every((value) => isObject(value) && !Array.isArray(value)) &&
    [audiences, groups, ...Object.values(extra ?? {})].every(isListOfTexts)
  );
}

function isListOfTexts(value: unknown): boolean {
  return (
    value === undefined || value === null || (Array.isArray(value) && value.every((text) => typeof text === "string"))
  );
}

function afterTimeout(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
}
