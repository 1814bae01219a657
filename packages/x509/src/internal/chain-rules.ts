/** The single rules of chain verification: each says what is wrong, or `undefined`. */
import type { Certificate } from "../certificate.ts";
import { nameForPeople } from "../distinguished-name.ts";
import { CertificateRefused } from "../errors.ts";
import { hasValidPolicies } from "./certificate-policies.ts";
import { nameConstraintFault } from "./name-constraints.ts";
import { signatureFault } from "./signature.ts";

export type Usage = "clientAuth" | "serverAuth";

const usageOids: Record<Usage, string> = { clientAuth: "1.3.6.1.5.5.7.3.2", serverAuth: "1.3.6.1.5.5.7.3.1" };
const anyUsageOid = "2.5.29.37.0";

/** What is wrong with a certificate whatever its place in the chain. */
export function ownFault(certificate: Certificate, timeMs: number): CertificateRefused | undefined {
  const name = nameForPeople(certificate.subject);
  const [critical] = certificate.extensions.unhandledCritical;
  if (critical !== undefined) {
    return new CertificateRefused(
      "UNHANDLED_CRITICAL_EXTENSION",
      `certificate ${name} has the critical extension ${critical}, which nobody here enforces; issue it without`,
    );
  }
  if (timeMs < certificate.notBeforeMs) {
    return new CertificateRefused(
      "NOT_YET_VALID",
      `certificate ${name} is not valid before ${instant(certificate.notBeforeMs)}; check the clocks of issuer and verifier`,
    );
  }
  if (timeMs > certificate.notAfterMs) {
    return new CertificateRefused(
      "EXPIRED",
      `certificate ${name} expired ${instant(certificate.notAfterMs)}; renew it`,
    );
  }
  return undefined;
}

/** `below`: how many intermediates stand between this issuer and the leaf. */
export function authorityFault(issuer: Certificate, isTrusted: boolean, below: number): CertificateRefused | undefined {
  const { isAuthority, pathLength } = issuer.extensions;
  const name = nameForPeople(issuer.subject);
  // A trusted certificate of version 1 has no way to say that it is an authority.
  if (!isTrusted && isAuthority !== true) {
    return new CertificateRefused("NOT_A_CA", `certificate ${name} signs others but is no CA; issue it with CA:TRUE`);
  }
  if (pathLength !== undefined && below > pathLength) {
    return new CertificateRefused(
      "PATH_TOO_LONG",
      `CA ${name} allows ${pathLength} intermediates below it, the chain has ${below}; raise its path length or shorten the chain`,
    );
  }
  return undefined;
}

/** Why `issuer` did not issue `child`. */
export function issuingFault(child: Certificate, issuer: Certificate): string | undefined {
  const { isAuthority, keyUsage } = issuer.extensions;
  if (isAuthority === false || (issuer.version === 3 && isAuthority === undefined)) return "it is no CA";
  if (keyUsage?.some(Boolean) === true && keyUsage[5] !== true) return "its key usage lacks keyCertSign";
  return signatureFault(child.signatureAlgorithm, child.toBeSigned, child.signature, issuer.publicKey);
}

/** The rules that look at a whole chain, leaf first and trusted certificate last. */
export function wholeChainFault(chain: readonly Certificate[], usage: Usage): CertificateRefused | undefined {
  const leaf = nameForPeople((chain[0] as Certificate).subject);
  if (!hasValidPolicies(chain)) {
    return new CertificateRefused(
      "NO_VALID_POLICY",
      `certificate ${leaf} has no certificate policy that its authorities accept, and one of them requires one; issue it with the policy`,
    );
  }
  const unfit = chain.find(({ extensions: { extendedKeyUsage = [] } }) => {
    const fits = extendedKeyUsage.includes(usageOids[usage]) || extendedKeyUsage.includes(anyUsageOid);
    return extendedKeyUsage.length > 0 && !fits;
  });
  if (unfit !== undefined) {
    return new CertificateRefused(
      "WRONG_USAGE",
      `certificate ${nameForPeople(unfit.subject)} is not for ${usage}: its extended key usage lists other purposes; issue it with ${usage}`,
    );
  }
  const outside = nameConstraintFault(chain);
  if (outside !== undefined) {
    return new CertificateRefused(
      "NAME_NOT_PERMITTED",
      `certificate ${leaf} has a name that an authority above it may not sign for: ${outside} by its name constraints; leave the name out`,
    );
  }
  return undefined;
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(".000Z", "Z");
}
