/** Reads one certificate as strictly as Go's `x509.ParseCertificate`, which is stricter than Node's `X509Certificate`. */
import { readName, type DistinguishedName } from "./distinguished-name.ts";
import { CertificateInvalid } from "./errors.ts";
import { DerInvalid, DerReader, rightAligned } from "./internal/der-reader.ts";
import { readTime } from "./internal/der-time.ts";
import { tags } from "./internal/der-writer.ts";
import { readExtensions, type CertificateExtensions } from "./internal/extensions.ts";
import { readPublicKey, type PublicKey } from "./internal/public-key.ts";
import { readSignatureAlgorithm, type SignatureAlgorithm } from "./internal/signature.ts";

export interface Certificate {
  /** All of it, as given. */
  readonly der: Uint8Array;
  readonly version: number;
  /** Lower-case hexadecimal of the two's complement bytes. */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Epoch milliseconds. Valid from here … */
  readonly notBeforeMs: number;
  /** … to here, both included. */
  readonly notAfterMs: number;
  readonly publicKey: PublicKey;
  /** DER of SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Uint8Array;
  readonly extensions: CertificateExtensions;
  /** The bytes that are signed, and the signature over them. */
  readonly toBeSigned: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

/**
 * Reads a certificate in DER.
 *
 * Refuses what Node's own class reads happily and Go does not: bytes after the end, negative serial numbers, an
 * extension given twice, text outside its type's character set, lengths not in their shortest form …
 *
 * @throws CertificateInvalid `MALFORMED`, with the field and the rule it breaks
 */
export function parseCertificate(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (error) {
    if (!(error instanceof DerInvalid)) throw error;
    throw new CertificateInvalid(
      "MALFORMED",
      `not a certificate that Go would read: ${error.message}; issue it again`,
      {
        cause: error,
      },
    );
  }
}

function readCertificate(der: Uint8Array): Certificate {
  const input = new DerReader(der);
  const outer = input.inside(tags.sequence, "certificate");
  const signedPart = outer.element(tags.sequence, "signed part");
  const fields = new DerReader(signedPart.content);
  const version = readVersion(fields);
  const serial = fields.integer("serial number");
  if ((serial[0] ?? 0) >= 0x80) throw new DerInvalid("serial number is negative");
  const algorithm = fields.content(tags.sequence, "inner signature algorithm");
  const outerAlgorithm = outer.content(tags.sequence, "outer signature algorithm");
  if (Buffer.compare(algorithm, outerAlgorithm) !== 0) throw new DerInvalid("the two signature algorithms differ");
  const signatureAlgorithm = readSignatureAlgorithm(algorithm);
  const issuer = readName(fields, "issuer");
  const validity = fields.inside(tags.sequence, "validity");
  const notBeforeMs = readTime(validity, "notBefore");
  const notAfterMs = readTime(validity, "notAfter");
  const subject = readName(fields, "subject");
  const keyInfo = fields.element(tags.sequence, "public key info");
  const publicKey = readPublicKey(new DerReader(keyInfo.content));
  const extensions = version === 1 ? noExtensions : readVersionedExtensions(fields, version);
  const signature = rightAligned(outer.bitString("signature"));
  input.end("certificate");
  return {
    der,
    version,
    serial: Buffer.from(serial).toString("hex"),
    issuer,
    subject,
    notBeforeMs,
    notAfterMs,
    publicKey,
    publicKeyInfo: keyInfo.bytes,
    extensions,
    toBeSigned: signedPart.bytes,
    signatureAlgorithm,
    signature,
  };
}

const noExtensions: CertificateExtensions = { unhandledCritical: [] };

/** 1, 2 or 3; the encoded number is one less. */
function readVersion(fields: DerReader): number {
  const explicit = fields.optional(0xa0, "version");
  if (explicit === undefined) return 1;
  const reader = new DerReader(explicit);
  const version = reader.count("version") + 1;
  reader.end("version");
  if (version > 3) throw new DerInvalid(`version ${version} does not exist`);
  return version;
}

function readVersionedExtensions(fields: DerReader, version: number): CertificateExtensions {
  fields.optional(0x81, "issuer unique id");
  fields.optional(0x82, "subject unique id");
  const explicit = version === 3 ? fields.optional(0xa3, "extensions") : undefined;
  if (explicit === undefined) return noExtensions;
  return readExtensions(new DerReader(explicit).inside(tags.sequence, "extensions"));
}
