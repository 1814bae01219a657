/** Errors of this package. `code` is stable and safe to match on; `message` is for people. */

const brand = Symbol.for("@kubemetrics/sandbox/error");

export type SandboxErrorCode =
  /** Another program listens on the wanted port. */
  | "PORT_IN_USE"
  /** The system does not let this user listen on that port or address. */
  | "NOT_PERMITTED"
  /** An option that cannot be followed. */
  | "BAD_OPTION"
  /** No node, pod or machine of that name. */
  | "UNKNOWN_NAME"
  /** The sandbox was closed. */
  | "CLOSED";

/** The sandbox cannot do what was asked. `instanceof` also recognises errors of another copy of the package. */
export class SandboxError extends Error {
  readonly code: SandboxErrorCode;

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SandboxError";
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
