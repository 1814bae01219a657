/** The base of every error this package throws. */

const brand = Symbol.for("@kubemetrics/authorization/error");

/** `code` is stable and safe to match on; `instanceof` works across duplicate copies of the package. */
export abstract class AuthorizationError extends Error {
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

/** The request target cannot be a URL: Go's HTTP server refuses such a request line. Answer 400. */
export class TargetMalformed extends AuthorizationError {
  static override readonly code: string = "TARGET_MALFORMED";
  override readonly name: string = "TargetMalformed";
  override readonly code: string = TargetMalformed.code;
}

/** The path stops after `watch` or `proxy`: nothing to authorize, nothing to serve. Answer 500, as upstream. */
export class TargetIncomplete extends AuthorizationError {
  static override readonly code: string = "TARGET_INCOMPLETE";
  override readonly name: string = "TargetIncomplete";
  override readonly code: string = TargetIncomplete.code;
}

/** A wrong list of always-allowed paths: a configuration error. */
export class AllowedPathInvalid extends AuthorizationError {
  static override readonly code: string = "ALLOWED_PATH_INVALID";
  override readonly name: string = "AllowedPathInvalid";
  override readonly code: string = AllowedPathInvalid.code;
}
