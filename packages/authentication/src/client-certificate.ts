/** Who a client certificate says its holder is, once it is verified. */
import { createHash } from "node:crypto";
import { attributeValues, commonName, organizations, type Certificate } from "@kubemetrics/x509";
import { CertificateNotAccepted } from "./errors.ts";
import type { UserInfo } from "./user-info.ts";

/** Subject attribute that carries the user's UID (Kubernetes 1.33 and later). */
const uidAttribute = "1.3.6.1.4.1.57683.2";
const credentialIdKey = "authentication.kubernetes.io/credential-id";

/**
 * The user of a *verified* certificate: CN is the name, O values are the groups.
 *
 * @returns `undefined` without a CN: such a certificate says nothing
 * @throws CertificateNotAccepted `BAD_UID` when the UID attribute is empty or there several times
 * @see k8s.io/apiserver `pkg/authentication/request/x509` CommonNameUserConversion
 */
export function userOfCertificate(certificate: Certificate): UserInfo | undefined {
  const name = commonName(certificate.subject);
  if (name === "") return undefined;
  const fingerprint = createHash("sha256").update(certificate.der).digest("hex");
  return {
    name,
    uid: uidOf(certificate, name),
    groups: organizations(certificate.subject),
    extra: new Map([[credentialIdKey, [`X509SHA256=${fingerprint}`]]]),
  };
}

function uidOf(certificate: Certificate, name: string): string {
  const uids = attributeValues(certificate.subject, uidAttribute);
  const [uid] = uids;
  if (uid === undefined) return "";
  if (uids.length === 1 && uid !== "") return uid;
  const fault = uids.length > 1 ? `${uids.length} UID attributes` : "an empty UID attribute";
  throw new CertificateNotAccepted(
    "BAD_UID",
    `certificate ${JSON.stringify(name)} has ${fault} (${uidAttribute}); issue it with exactly one, or none`,
  );
}
