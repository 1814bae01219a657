/** Certificates of tests in the form that peers present them. */
import type { KeyPair } from "@kubemetrics/x509";

export function der({ certificatePem }: KeyPair): Uint8Array {
  return Buffer.from(certificatePem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
}
