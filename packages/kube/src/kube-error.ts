import type { Status } from "@kubemetrics/apimachinery";

/**
 * Base of every error of this package. `code` is stable and safe to match on; `message` is for people and ends with the
 * way out. `instanceof` also recognises errors made by another copy of the package.
 */
export class KubeError extends Error {
  protected static readonly brand: symbol = Symbol.for("@kubemetrics/kube/error");
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    for (const brand of new Set([KubeError.brand, new.target.brand]))
      Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && this.brand in value;
  }
}

/** The configuration cannot be used. `message` names every problem at once. */
export class KubeConfigInvalid extends KubeError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/kube/config-invalid");

  constructor(message: string, options?: ErrorOptions) {
    super("CONFIG_INVALID", message, options);
  }
}

export type UnreachableCode =
  | "REFUSED"
  | "UNKNOWN_HOST"
  | "TIMED_OUT"
  /** The connection broke before the whole answer came. */
  | "INTERRUPTED"
  | "UNTRUSTED_CERTIFICATE"
  /** A token, certificate or exec plugin could not be read. */
  | "CREDENTIALS"
  /** The connection was closed by us. */
  | "CLOSED"
  | "CONNECTION";

/** No answer came: the connection could not be made, was lost, or took too long. */
export class KubeUnreachable extends KubeError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/kube/unreachable");
  declare readonly code: UnreachableCode;

  constructor(code: UnreachableCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

export type RequestFailedCode =
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "CONFLICT"
  /** 410: the resource version or the continue token is too old. */
  | "EXPIRED"
  | "INVALID"
  | "TOO_MANY_REQUESTS"
  | "TIMEOUT"
  | "UNAVAILABLE"
  | "SERVER_ERROR"
  | "REJECTED";

/** What the server answered. */
export interface FailedAnswer {
  readonly status: Status;
  readonly httpStatus: number;
  readonly retryAfterMs?: number | undefined;
}

/** kube-apiserver answered, and the answer is no. `message` names the request and, for 403, the missing permission. */
export class KubeRequestFailed extends KubeError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/kube/request-failed");
  declare readonly code: RequestFailedCode;
  /** What the server said; made from the HTTP status when it sent no Status. */
  readonly status: Status;
  /** For an error inside a watch stream: the Status's own code. */
  readonly httpStatus: number;
  /** What the server asked for in Retry-After; `undefined` when it did not. */
  readonly retryAfterMs: number | undefined;

  constructor(code: RequestFailedCode, message: string, answer: FailedAnswer) {
    super(code, message);
    this.status = answer.status;
    this.httpStatus = answer.httpStatus;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/** An answer came and is not what the API promises: not JSON, another shape, too long. */
export class KubeAnswerInvalid extends KubeError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/kube/answer-invalid");

  constructor(message: string, options?: ErrorOptions) {
    super("ANSWER_INVALID", message, options);
  }
}
