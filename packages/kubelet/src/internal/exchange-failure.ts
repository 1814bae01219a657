/** How an exchange with a kubelet ended without an answer, besides errors of the system. */
export class ExchangeFailure extends Error {
  /** `stale`: a kept connection turned out to be closed before anything was answered, so the request may be sent again. */
  readonly kind: "timeout" | "too-big" | "truncated" | "not-http" | "stale";

  constructor(kind: ExchangeFailure["kind"], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
