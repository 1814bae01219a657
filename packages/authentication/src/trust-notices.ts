/** What is said about the trust configuration: once when it becomes so, not again while it stays so. */
import type { TrustWarningCode } from "./trust-warnings.ts";

export type TrustNoticeCode =
  | TrustWarningCode
  /** 403: a RoleBinding is missing. `message` has the command that creates it. */
  | "FORBIDDEN"
  | "UNREADABLE"
  | "ABSENT"
  /** The ConfigMap is there, but kube-apiserver has no aggregation layer. */
  | "NO_REQUEST_HEADER"
  /** A value that is not what it should be; the last good one stays in force. */
  | "BAD_VALUE"
  /** A bundle is missing; the last good one, if any, stays in force. */
  | "NO_BUNDLE";

export interface TrustNotice {
  readonly code: TrustNoticeCode;
  /** One sentence: what is so, what follows, what to do. */
  readonly message: string;
}

/** Passes on what is new. */
export class NoticeBoard {
  readonly #onNotice: (notice: TrustNotice) => void;
  #standing: ReadonlySet<string> = new Set();

  constructor(onNotice: (notice: TrustNotice) => void) {
    this.#onNotice = onNotice;
  }

  /** All that is to be said now. */
  post(notices: readonly TrustNotice[]): void {
    const before = this.#standing;
    this.#standing = new Set(notices.map(({ message }) => message));
    for (const notice of notices) if (!before.has(notice.message)) this.#onNotice(notice);
  }
}
