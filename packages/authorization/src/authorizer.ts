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
 * The answer. Only `allow` lets a request through.
 *
 * `no-opinion` and `deny` end in 403 with `reason` in the sentence; `error` ends in 500, never in 403 or 200, because
 * nobody decided. `reason` of an error is its text.
 */
export interface Decision {
  readonly kind: "allow" | "deny" | "no-opinion" | "error";
  readonly reason: string;
}

/** Answers synchronously when it can; a promise costs every request a turn of the event loop. Never throws. */
export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}
