// Reading
export { parseCertificate } from "./certificate.ts";
export type { Certificate } from "./certificate.ts";
export { parseBundle } from "./bundle.ts";
export type { Bundle } from "./bundle.ts";
export { attributeValues, commonName, nameForPeople, organizations } from "./distinguished-name.ts";
export type { DistinguishedName, NameAttribute } from "./distinguished-name.ts";
export type { CertificateExtensions } from "./internal/extensions.ts";
export type { AlternativeNames, IpRange, NameConstraints, Subtrees, UriName } from "./internal/general-names.ts";
export type { KeyAlgorithm, PublicKey } from "./internal/public-key.ts";
export type { SignatureAlgorithm } from "./internal/signature.ts";

// Verifying
export { verifyCertificate, verifyChain } from "./verify-chain.ts";
export type { VerifiedChain, VerifyOptions } from "./verify-chain.ts";
export { handshakeFault } from "./handshake-fault.ts";

// Issuing
export { issueAuthority, issueClient, issueServer } from "./issue.ts";
export type { AuthorityOptions, IssueOptions, KeyPair, LeafOptions, ServerOptions } from "./issue.ts";

// Errors
export { CertificateInvalid, CertificateRefused, X509Error } from "./errors.ts";
export type { CertificateInvalidCode, CertificateRefusedCode } from "./errors.ts";
