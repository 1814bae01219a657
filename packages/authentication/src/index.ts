// Contracts
export type { AuthenticationResult, Authenticator, RequestCredentials } from "./authenticator.ts";
export type { UserInfo } from "./user-info.ts";
export type { ConfigMapSource, ConfigMapState } from "./config-map-source.ts";
export type { TokenReviewer, TokenReviewStatus } from "./token-reviewer.ts";

// The whole
export { createDelegatingAuthenticator } from "./delegating-authenticator.ts";
export type { DelegatingAuthenticatorOptions } from "./delegating-authenticator.ts";

// What is trusted
export { ConfigMapTrust } from "./config-map-trust.ts";
export type { ConfigMapTrustOptions } from "./config-map-trust.ts";
export { TrustFiles } from "./trust-files.ts";
export type { RequestHeaderFiles, TrustFilesOptions } from "./trust-files.ts";
export { layeredTrust } from "./layered-trust.ts";
export { fixedTrust } from "./trust.ts";
export type { RequestHeaderTrust, Trust, TrustSource } from "./trust.ts";
export type { TrustNotice, TrustNoticeCode } from "./trust-notices.ts";
export { trustWarnings } from "./trust-warnings.ts";
export type { TrustWarning, TrustWarningCode } from "./trust-warnings.ts";

// The parts
export {
  readIdentityHeaders,
  standardIdentityHeaders,
  VerifiedProxy,
  withoutIdentityHeaders,
} from "./requestheader.ts";
export type { IdentityHeaders, ProxyTrust } from "./requestheader.ts";
export { userOfCertificate } from "./client-certificate.ts";
export { TokenAuthenticator } from "./token-authenticator.ts";
export type { TokenAnswer, TokenAuthenticatorOptions } from "./token-authenticator.ts";
export { anonymous, withAuthenticatedGroup } from "./user-info.ts";

// Errors
export { AuthenticationError, CertificateNotAccepted, TrustConfigurationInvalid } from "./errors.ts";
