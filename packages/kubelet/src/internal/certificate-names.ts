/** Which names a kubelet's certificate must carry, when the address that was dialled is not the only good one. */
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

/** Code of the error, as Node's own check gives it. */
export const nameMismatch = "ERR_TLS_CERT_ALTNAME_INVALID";

/**
 * Accepts a certificate for any of `names`. Subject alternative names count, the common name never does, as in Go.
 *
 * @returns the reason when it is for none of them
 */
export function checkCertificateNames(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  const carried = certificate.subjectaltname ?? "";
  // Node falls back to the common name when there is no DNS name among the alternative ones.
  const hasDnsName = /(^|, )DNS:/.test(carried);
  for (const name of names) {
    if (isIP(name) === 0 && !hasDnsName) continue;
    if (checkServerIdentity(name, certificate) === undefined) return undefined;
  }
  const error = new Error(
    `the certificate is for ${carried === "" ? "no name at all" : carried}, not for any of ${names.join(", ")}`,
  );
  return Object.assign(error, { code: nameMismatch });
}

/** The name to ask the server for. An address cannot be asked for; then the node's own name is. Empty: ask for none. */
export function serverName(names: readonly string[]): string {
  return names.find((name) => isIP(name) === 0 && hostName.test(name)) ?? "";
}

const hostName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i;
