/** Why a kubelet gave no points. */

const brand = Symbol.for("kubemetrics.KubeletError");

/** Stable, safe to match on and to use as a metric label. */
export type KubeletErrorCode =
  /** The node has no address of the wanted types. */
  | "NO_ADDRESS"
  /** No answer within the timeout. */
  | "TIMEOUT"
  /** Nobody listens there. */
  | "REFUSED"
  /** No way to that address. */
  | "UNREACHABLE"
  /** The address is a name that does not resolve. */
  | "NAME_NOT_FOUND"
  /** The connection broke before an answer. */
  | "CONNECTION_LOST"
  /** The certificate is for other names. */
  | "TLS_NAME_MISMATCH"
  /** The certificate is signed by an authority that is not trusted, or by itself. */
  | "TLS_UNKNOWN_CA"
  /** The certificate is not valid now. */
  | "TLS_EXPIRED"
  /** Any other failure of the handshake. */
  | "TLS_FAILED"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  /** 404: this kubelet has no such endpoint. */
  | "NOT_FOUND"
  /** Any other status than 200. */
  | "STATUS"
  | "TOO_BIG"
  /** The body ended early. */
  | "TRUNCATED"
  /** The body's compression is broken or unknown. */
  | "BAD_ENCODING"
  /** The body is not what this endpoint answers. */
  | "NOT_METRICS"
  /** The kubelet answered without any usage: its container runtime does not answer. */
  | "NO_USAGE"
  /** The client or the schedule was closed, or the node went. */
  | "CLOSED"
  /** A defect of this program; the cause says more. */
  | "INTERNAL";

export interface KubeletErrorOptions {
  readonly node: string;
  /** HTTP status, if there was an answer. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** A scrape that failed as a whole. The message names the node, the rule and the way out. */
export class KubeletError extends Error {
  readonly code: KubeletErrorCode;
  readonly node: string;
  readonly status: number | undefined;

  constructor(code: KubeletErrorCode, message: string, options: KubeletErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "KubeletError";
    this.code = code;
    this.node = options.node;
    this.status = options.status;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Recognises errors of other copies of this package too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
