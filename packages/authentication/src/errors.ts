/** Errors of this package. `code` is stable and safe to match on; `message` is for people. */

const brand = Symbol.for("@kubemetrics/authentication/error");

/** Base of all errors of this package. `instanceof` also recognises errors made by another copy of it. */
export class AuthenticationError extends Error {
  readonly code: string;

  constructor(name: string, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
    this.code = code;
    Object.defineProperty(this, brand, { value: name });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return brandOf(value) !== undefined;
  }
}

/** A client certificate is good, but may not be used for this. */
export class CertificateNotAccepted extends AuthenticationError {
  declare readonly code: "NAME_NOT_ALLOWED" | "BAD_UID";

  constructor(code: "NAME_NOT_ALLOWED" | "BAD_UID", message: string) {
    super("CertificateNotAccepted", code, message);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return brandOf(value) === "CertificateNotAccepted";
  }
}

/** What to trust could not be read. `message` lists every problem, each with the file or key it comes from. */
export class TrustConfigurationInvalid extends AuthenticationError {
  declare readonly code: "TRUST_CONFIGURATION_INVALID";

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super("TrustConfigurationInvalid", "TRUST_CONFIGURATION_INVALID", problems.join("\n"), options);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return brandOf(value) === "TrustConfigurationInvalid";
  }
}

function brandOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as { [brand]?: unknown })[brand] : undefined;
}
