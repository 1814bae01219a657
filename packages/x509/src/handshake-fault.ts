/**
 * What is wrong with the other side's certificate, by the code of the error with which `node:tls` or `undici` gave up the handshake; the
 * same on every Node.js.
 *
 * Node's own text differs between versions, and newer ones advise options of Node itself, which is nothing that an operator of a
 * server has at hand.
 *
 * @param code - an OpenSSL verification code, as in the `code` of Node's error: `CERT_HAS_EXPIRED`
 * @returns a sentence without an end, or `undefined` for codes that are not about a certificate
 */
export function handshakeFault(code: string): string | undefined {
  return faults.get(code);
}

const unknownAuthority = "its certificate was signed by an authority that we were not given";

const faults: ReadonlyMap<string, string> = new Map([
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", unknownAuthority],
  ["UNABLE_TO_GET_ISSUER_CERT", unknownAuthority],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", unknownAuthority],
  ["CERT_UNTRUSTED", unknownAuthority],
  ["CERT_SIGNATURE_FAILURE", "its certificate was not signed by the authority that it names"],
  ["INVALID_CA", "its certificate was signed by a certificate that is no authority"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its certificate is signed by itself"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "its certificate leads to a root that we were not given"],
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["CERT_NOT_YET_VALID", "its certificate is not valid yet"],
]);
