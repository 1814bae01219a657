/** Signature algorithms of certificates, and checking a signature with a public key. */
import { constants, verify } from "node:crypto";
import { DerInvalid, DerReader } from "./der-reader.ts";
import { tags } from "./der-writer.ts";
import type { KeyAlgorithm, PublicKey } from "./public-key.ts";

export interface SignatureAlgorithm {
  /** For people. */
  readonly name: string;
  readonly key: KeyAlgorithm;
  /** `null` for Ed25519, which hashes by itself; `undefined` = signatures of this kind are never accepted. */
  readonly digest: "sha256" | "sha384" | "sha512" | null | undefined;
  readonly pssSaltLength?: number;
}

const known: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  ["1.2.840.113549.1.1.4", { name: "MD5 with RSA", key: "rsa", digest: undefined }],
  ["1.2.840.113549.1.1.5", { name: "SHA-1 with RSA", key: "rsa", digest: undefined }],
  ["1.3.14.3.2.29", { name: "SHA-1 with RSA", key: "rsa", digest: undefined }],
  ["1.2.840.113549.1.1.11", { name: "SHA-256 with RSA", key: "rsa", digest: "sha256" }],
  ["1.2.840.113549.1.1.12", { name: "SHA-384 with RSA", key: "rsa", digest: "sha384" }],
  ["1.2.840.113549.1.1.13", { name: "SHA-512 with RSA", key: "rsa", digest: "sha512" }],
  ["1.2.840.10045.4.1", { name: "SHA-1 with ECDSA", key: "ecdsa", digest: undefined }],
  ["1.2.840.10045.4.3.2", { name: "SHA-256 with ECDSA", key: "ecdsa", digest: "sha256" }],
  ["1.2.840.10045.4.3.3", { name: "SHA-384 with ECDSA", key: "ecdsa", digest: "sha384" }],
  ["1.2.840.10045.4.3.4", { name: "SHA-512 with ECDSA", key: "ecdsa", digest: "sha512" }],
  ["1.3.101.112", { name: "Ed25519", key: "ed25519", digest: null }],
]);
const pssOid = "1.2.840.113549.1.1.10";
const mgf1Oid = "1.2.840.113549.1.1.8";
const pssHashes: ReadonlyMap<string, readonly [digest: "sha256" | "sha384" | "sha512", saltLength: number]> = new Map([
  ["2.16.840.1.101.3.4.2.1", ["sha256", 32]],
  ["2.16.840.1.101.3.4.2.2", ["sha384", 48]],
  ["2.16.840.1.101.3.4.2.3", ["sha512", 64]],
]);

/** `identifier`: the content of an AlgorithmIdentifier. Unknown algorithms are not an error until a signature counts. */
export function readSignatureAlgorithm(identifier: Uint8Array): SignatureAlgorithm {
  const reader = new DerReader(identifier);
  const type = reader.oid("signature algorithm");
  const parameters = reader.isEmpty ? undefined : reader.any("signature parameters").bytes;
  const unknown: SignatureAlgorithm = { name: `algorithm ${type}`, key: "unknown", digest: undefined };
  if (type === pssOid) return readPss(parameters) ?? unknown;
  const algorithm = known.get(type) ?? unknown;
  return algorithm.key === "ed25519" && parameters !== undefined ? unknown : algorithm;
}

/** Only the three sensible forms: one hash for message and mask, salt as long as the hash. */
function readPss(parameters: Uint8Array | undefined): SignatureAlgorithm | undefined {
  try {
    const fields = new DerReader(parameters ?? new Uint8Array()).inside(tags.sequence, "PSS parameters");
    const hash = identifier(explicit(fields, 0xa0));
    const mask = identifier(explicit(fields, 0xa1));
    const maskHash = identifier(new DerReader(mask.parameters ?? new Uint8Array()));
    const saltLength = explicit(fields, 0xa2).count("PSS salt length");
    const trailer = fields.has(0xa3) ? explicit(fields, 0xa3).count("PSS trailer") : 1;
    const [digest, hashLength] = pssHashes.get(hash.type) ?? [];
    const isSimple = isAbsentOrNull(hash.parameters) && isAbsentOrNull(maskHash.parameters) && trailer === 1;
    if (mask.type !== mgf1Oid || maskHash.type !== hash.type || !isSimple) return undefined;
    if (digest === undefined || saltLength !== hashLength) return undefined;
    return { name: `${digest} with RSA-PSS`, key: "rsa", digest, pssSaltLength: saltLength };
  } catch (error) {
    if (error instanceof DerInvalid) return undefined;
    throw error;
  }
}

function explicit(fields: DerReader, tag: number): DerReader {
  return fields.inside(tag, "PSS parameter");
}

function identifier(reader: DerReader): { type: string; parameters: Uint8Array | undefined } {
  const fields = reader.inside(tags.sequence, "PSS algorithm");
  const type = fields.oid("PSS algorithm");
  return { type, parameters: fields.isEmpty ? undefined : fields.any("PSS algorithm parameters").bytes };
}

function isAbsentOrNull(parameters: Uint8Array | undefined): boolean {
  return parameters === undefined || (parameters.length === 2 && parameters[0] === tags.null && parameters[1] === 0);
}

/** Why the signature does not count; `undefined` when it is good. */
export function signatureFault(
  algorithm: SignatureAlgorithm,
  signed: Uint8Array,
  signature: Uint8Array,
  signer: PublicKey,
): string | undefined {
  if (algorithm.digest === undefined) return `signatures of ${algorithm.name} are not accepted`;
  if (algorithm.key !== signer.algorithm) return `a signature of ${algorithm.name} does not fit the issuer's key`;
  if (signer.key === undefined) return signer.unusable;
  const key =
    algorithm.pssSaltLength === undefined
      ? signer.key
      : { key: signer.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.pssSaltLength };
  return verify(algorithm.digest, signed, key, signature) ? undefined : "its signature is wrong";
}
