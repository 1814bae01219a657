/** Errors of this package. `code` is stable and safe to match on; `message` is for people. */

const brand = Symbol.for("@kubemetrics/x509/error");

/** Base of all errors of this package. `instanceof` also recognises errors made by another copy of it. */
export class X509Error extends Error {
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

/** Why bytes or text are not a certificate, a bundle, or an order to issue one. */
export type CertificateInvalidCode =
  /** Not DER, or not the structure of a certificate. */
  | "MALFORMED"
  /** Not PEM, or PEM without a certificate. */
  | "NO_CERTIFICATE"
  /** A name, an address or a time that no certificate can carry. */
  | "BAD_REQUEST";

/** Bytes that Go would not read as a certificate either. `message` says which field breaks which rule. */
export class CertificateInvalid extends X509Error {
  declare readonly code: CertificateInvalidCode;

  constructor(code: CertificateInvalidCode, message: string, options?: ErrorOptions) {
    super("CertificateInvalid", code, message, options);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return brandOf(value) === "CertificateInvalid";
  }
}

/** Why a chain is not trusted. */
export type CertificateRefusedCode =
  | "EXPIRED"
  | "NOT_YET_VALID"
  | "UNKNOWN_ISSUER"
  | "WRONG_USAGE"
  | "NOT_A_CA"
  | "PATH_TOO_LONG"
  | "NAME_NOT_PERMITTED"
  | "NO_VALID_POLICY"
  | "UNHANDLED_CRITICAL_EXTENSION"
  | "TOO_MANY_SIGNATURES"
  | "EMPTY_CHAIN";

/** A certificate chain was refused. `message` names the certificate, the rule and the way out. */
export class CertificateRefused extends X509Error {
  declare readonly code: CertificateRefusedCode;

  constructor(code: CertificateRefusedCode, message: string, options?: ErrorOptions) {
    super("CertificateRefused", code, message, options);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return brandOf(value) === "CertificateRefused";
  }
}

function brandOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as { [brand]?: unknown })[brand] : undefined;
}
