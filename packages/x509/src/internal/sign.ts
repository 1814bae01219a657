/** Puts the parts of a certificate together and signs them. */
import { sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { bitString, element, oid, sequence, smallInteger, tags, time, unsignedInteger } from "./der-writer.ts";

export interface CertificateParts {
  readonly serial: Uint8Array;
  /** DER names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** DER of the list of extensions. */
  readonly extensions: Uint8Array;
  readonly signingKey: KeyObject;
}

export function signedCertificate(parts: CertificateParts): Uint8Array {
  const { algorithm, digest } = signatureAlgorithm(parts.signingKey);
  const toBeSigned = sequence(
    element(0xa0, smallInteger(2)),
    unsignedInteger(parts.serial),
    algorithm,
    parts.issuer,
    sequence(time(parts.notBeforeMs), time(parts.notAfterMs)),
    parts.subject,
    parts.publicKey,
    element(0xa3, parts.extensions),
  );
  return sequence(toBeSigned, algorithm, bitString(sign(digest, toBeSigned, parts.signingKey)));
}

function signatureAlgorithm(key: KeyObject): { algorithm: Uint8Array; digest: string | null } {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return { algorithm: sequence(oid("1.2.840.113549.1.1.11"), element(tags.null)), digest: "sha256" };
    case "ec":
      return key.asymmetricKeyDetails?.namedCurve === "secp384r1"
        ? { algorithm: sequence(oid("1.2.840.10045.4.3.3")), digest: "sha384" }
        : { algorithm: sequence(oid("1.2.840.10045.4.3.2")), digest: "sha256" };
    case "ed25519":
      return { algorithm: sequence(oid("1.3.101.112")), digest: null };
    default:
      throw new TypeError(`an authority key is RSA, EC or Ed25519, not ${key.asymmetricKeyType}`);
  }
}
