/** Trusted certificates, read from PEM by the rules of the Go programs that share the file or ConfigMap. */
import { parseCertificate, type Certificate } from "./certificate.ts";
import { CertificateInvalid } from "./errors.ts";
import { pemBlocks } from "./internal/pem.ts";

/** A set of trusted certificates: in order, each once. */
export interface Bundle {
  readonly certificates: readonly Certificate[];
}

/**
 * Reads a PEM bundle.
 *
 * All or nothing: one CERTIFICATE block that is not a certificate makes the bundle unusable, because a bundle that
 * silently trusts less than it says breaks clients at random. Text around blocks, other block types, blocks with
 * headers and blocks that are not well-formed PEM are skipped. An expired certificate is read: it is only useless.
 *
 * @throws CertificateInvalid `MALFORMED` with the block's number; `NO_CERTIFICATE` when nothing is left
 * @see client-go `util/cert` ParseCertsPEM
 */
export function parseBundle(pem: string): Bundle {
  const found = new Map<string, Certificate>();
  let blocks = 0;
  for (const block of pemBlocks(pem)) {
    if (block.type !== "CERTIFICATE" || block.hasHeaders) continue;
    blocks++;
    const certificate = readBlock(block.bytes, blocks);
    const key = Buffer.from(block.bytes).toString("latin1");
    if (!found.has(key)) found.set(key, certificate);
  }
  if (found.size === 0) {
    throw new CertificateInvalid(
      "NO_CERTIFICATE",
      "the bundle holds no certificate: it needs at least one block that starts a line with -----BEGIN CERTIFICATE-----",
    );
  }
  return { certificates: [...found.values()] };
}

function readBlock(bytes: Uint8Array, number: number): Certificate {
  try {
    return parseCertificate(bytes);
  } catch (error) {
    if (!(error instanceof CertificateInvalid)) throw error;
    throw new CertificateInvalid(
      error.code,
      `CERTIFICATE block ${number} of the bundle is ${error.message}, or take it out; until then the whole bundle counts for nothing`,
      { cause: error },
    );
  }
}
