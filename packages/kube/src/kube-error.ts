import type { Status } from "@kubemetrics/apimachinery";

/**
 * Base of every error of this package. `code` is stable and safe to match on; `message` is for people and ends with the way out.
 *
 * `instanceof` also recognises errors made by another copy of the package.
 */
export class KubeError extends Error {
  protected static readonly brand: symbol = Symbol.for("@kubemetrics/kube.KubeError");
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    for (let type: typeof KubeError = new.target; type.brand !== undefined; type = Object.getPrototypeOf(type) as typeof KubeError) {
      Object.defineProperty(this, type.brand, { value: true });
    }
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && this.brand in value;
  }
}

/** Which configuration entry is wrong is in `message`; all of them at once, one a line. */
export class KubeConfigInvalid extends KubeError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/kube.KubeConfigInvalid");
}

export type UnreachableCode =
  | "REFUSED"
  | "UNKNOWN_HOST"
  | "TIMED_OUT"
  | "INTERRUPTED"
  | "UNTRUSTED_CERTIFICATE"
  | "CLIENT_CERTIFICATE"
  | "CREDENTIALS"
  | "CLOSED"
  | "CONNECTION";

/** No answer came: the connection could not be made, was lost, or took too long. */
export class KubeUnreachable extends KubeError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/kube.KubeUnreachable");
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
  | "EXPIRED"
  | "INVALID"
  | "TOO_MANY_REQUESTS"
  | "TIMEOUT"
  | "UNAVAILABLE"
  | "SERVER_ERROR"
  | "REJECTED";

/** kube-apiserver answered, and the answer is no. `status` is what it said. */
export class KubeRequestFailed extends KubeError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/kube.KubeRequestFailed");
  declare readonly code: RequestFailedCode;
  readonly status: Status;
  /** The HTTP status, which for an error inside a watch stream is the Status's own code. */
  readonly httpStatus: number;
  /** What the server asked for in Retry-After; `undefined` when it did not. */
  readonly retryAfterMs: number | undefined;

  constructor(code: RequestFailedCode, message: string, details: { status: Status; httpStatus: number; retryAfterMs?: number | undefined }) {
    super(code, message);
    this.status = details.status;
    this.httpStatus = details.httpStatus;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** An answer came, and it is not what the API promises (not JSON, another kind, too long). */
export class KubeAnswerInvalid extends KubeError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/kube.KubeAnswerInvalid");
}
