// Issuing
export { issueAuthority, issueClient, issueServer } from "./issue.ts";
export type { AuthorityOptions, IssueOptions, KeyPair, LeafOptions, ServerOptions } from "./issue.ts";

// Errors
export { CertificateInvalid, CertificateRefused, X509Error } from "./errors.ts";
export type { CertificateInvalidCode, CertificateRefusedCode } from "./errors.ts";
