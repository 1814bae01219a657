/** The base of every error this package throws. */

const brand = Symbol.for("@kubemetrics/apiservice/error");

/** `code` is stable and safe to match on; `instanceof` works across duplicate copies of the package. */
export abstract class ApiserviceError extends Error {
  static readonly code: string = "";
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== "object" || value === null || !(brand in value)) return false;
    return this.code === "" || (value as { code?: unknown }).code === this.code;
  }
}

/** A certificate and key cannot be served: unreadable, or they do not belong together. The pair in use stays. */
export class ServingPairInvalid extends ApiserviceError {
  static override readonly code: string = "SERVING_PAIR_INVALID";
  override readonly name: string = "ServingPairInvalid";
  override readonly code: string = ServingPairInvalid.code;
}

/** An audit policy cannot be followed. The message lists every problem with its path. */
export class AuditPolicyInvalid extends ApiserviceError {
  static override readonly code: string = "AUDIT_POLICY_INVALID";
  override readonly name: string = "AuditPolicyInvalid";
  override readonly code: string = AuditPolicyInvalid.code;
}
