/** Public keys out of certificates: which ones Go reads, and as a key that `node:crypto` verifies with. */
import { createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { DerInvalid, DerReader, rightAligned } from "./der-reader.ts";
import { bitString, element, oid, sequence, tags, unsignedInteger } from "./der-writer.ts";

export type KeyAlgorithm = "rsa" | "ecdsa" | "ed25519" | "dsa" | "unknown";

export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  /** Verifies signatures; `undefined` when no signature by this key is accepted. */
  readonly key: KeyObject | undefined;
  /** Why there is no key. */
  readonly unusable?: string;
}

const rsaOid = "1.2.840.113549.1.1.1";
const nullValue = element(tags.null);
const curves: ReadonlyMap<string, number> = new Map([
  ["1.3.132.0.33", 28],
  ["1.2.840.10045.3.1.7", 32],
  ["1.3.132.0.34", 48],
  ["1.3.132.0.35", 66],
]);

/** `info`: the content of SubjectPublicKeyInfo. */
export function readPublicKey(info: DerReader): PublicKey {
  const algorithm = info.inside(tags.sequence, "public key algorithm");
  const type = algorithm.oid("public key algorithm");
  const parameters = algorithm.isEmpty ? undefined : algorithm.any("public key parameters").bytes;
  const bits = rightAligned(info.bitString("public key"));
  switch (type) {
    case rsaOid:
      return readRsa(bits, parameters);
    case "1.2.840.10045.2.1":
      return readEc(bits, parameters);
    case "1.3.101.112":
      if (parameters !== undefined || bits.length !== 32) throw new DerInvalid("Ed25519 key of the wrong form");
      return { algorithm: "ed25519", key: fromInfo(sequence(oid(type)), bits) };
    case "1.2.840.10040.4.1":
      return readDsa(bits, parameters);
    default:
      return { algorithm: "unknown", key: undefined, unusable: `its key type (${type}) is unknown` };
  }
}

/**
 * Go signs and verifies with 1024 bits and more. Above 8192 bits a Go TLS server refuses the peer: such a key costs
 * whoever verifies with it milliseconds, and it may come from anybody.
 */
function readRsa(bits: Uint8Array, parameters: Uint8Array | undefined): PublicKey {
  if (
    parameters === undefined ||
    !nullValue.every((byte, index) => parameters[index] === byte) ||
    parameters.length !== 2
  ) {
    throw new DerInvalid("RSA key without NULL parameters");
  }
  const pair = new DerReader(bits).inside(tags.sequence, "RSA key");
  const modulus = positive(pair.integer("RSA modulus"), "RSA modulus");
  const exponentBytes = positive(pair.integer("RSA exponent"), "RSA exponent");
  if (exponentBytes.length > 8) throw new DerInvalid("RSA exponent is huge");
  const exponent = exponentBytes.reduce((value, byte) => value * 256 + byte, 0);
  const size = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  const isOdd = (bytes: Uint8Array): boolean => ((bytes.at(-1) ?? 0) & 1) === 1;
  const unusable =
    size < 1024
      ? `its RSA key of ${size} bits is too short`
      : size > 8192
        ? `its RSA key of ${size} bits is too long`
        : !isOdd(modulus) || !isOdd(exponentBytes) || exponent < 2 || exponent > 2 ** 31 - 1
          ? "its RSA key is not one that can verify"
          : undefined;
  if (unusable !== undefined) return { algorithm: "rsa", key: undefined, unusable };
  const pkcs1 = sequence(unsignedInteger(modulus), unsignedInteger(exponentBytes));
  return { algorithm: "rsa", key: fromInfo(sequence(oid(rsaOid), nullValue), pkcs1) };
}

function readEc(bits: Uint8Array, parameters: Uint8Array | undefined): PublicKey {
  const curve = new DerReader(parameters ?? new Uint8Array()).oid("EC curve");
  const size = curves.get(curve);
  if (size === undefined) throw new DerInvalid(`EC curve ${curve} is not supported`);
  if (bits.length !== 1 + 2 * size || bits[0] !== 4) throw new DerInvalid("EC key is not an uncompressed point");
  try {
    return { algorithm: "ecdsa", key: fromInfo(sequence(oid("1.2.840.10045.2.1"), oid(curve)), bits) };
  } catch (cause) {
    throw new DerInvalid("EC key is not a point on its curve", { cause });
  }
}

/** Read strictly, as Go does, but DSA signatures are never accepted. */
function readDsa(bits: Uint8Array, parameters: Uint8Array | undefined): PublicKey {
  positive(new DerReader(bits).integer("DSA key"), "DSA key");
  const numbers = new DerReader(parameters ?? new Uint8Array()).inside(tags.sequence, "DSA parameters");
  for (const name of ["P", "Q", "G"]) positive(numbers.integer(`DSA ${name}`), `DSA ${name}`);
  return { algorithm: "dsa", key: undefined, unusable: "DSA keys are not accepted" };
}

/** Without the leading zero byte that keeps a number positive. */
function positive(integer: Uint8Array, what: string): Uint8Array {
  const first = integer[0] ?? 0;
  if (first >= 0x80 || (first === 0 && integer.length === 1)) throw new DerInvalid(`${what} is not positive`);
  return first === 0 ? integer.subarray(1) : integer;
}

/** Written anew, so that OpenSSL sees one form whatever the certificate's was. */
function fromInfo(algorithm: Uint8Array, bits: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(sequence(algorithm, bitString(bits))), format: "der", type: "spki" });
}
