/** Who may do what: the question, the answer, and the contract of whoever answers. */
import type { RequestInfo } from "./request-info.ts";

/** An authenticated user, `system:anonymous` included. Fits `UserInfo` of `@kubemetrics/authentication`. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** May this user do this? */
export interface Attributes {
  readonly user: User;
  readonly request: RequestInfo;
}

/**
 * The answer. Only `allow` lets a request through, whatever else is set.
 *
 * Otherwise, with `error` set the request ends in 500, never in 403, because nobody decided properly; without it in
 * 403 with `reason` in the sentence.
 */
export interface Decision {
  readonly kind: "allow" | "deny" | "no-opinion";
  readonly reason: string;
  /** Shown to the client. */
  readonly error?: string;
}

/** Answers synchronously when it can; a promise costs every request a turn of the event loop. Never throws. */
export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

/** Nothing to say: the next authorizer decides. */
export const noOpinion: Decision = Object.freeze({ kind: "no-opinion", reason: "" });

/** Allowed, without a reason. */
export const allowed: Decision = Object.freeze({ kind: "allow", reason: "" });
