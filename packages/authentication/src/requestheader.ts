/**
 * The core of request-header authentication alone: `@kubemetrics/authentication/requestheader`, for servers of another kind.
 *
 * Verify the peer, then read what it says.
 */
export { VerifiedProxy } from "./verified-proxy.ts";
export type { ProxyTrust } from "./verified-proxy.ts";
export { readIdentityHeaders, standardIdentityHeaders, withoutIdentityHeaders } from "./identity-headers.ts";
export type { IdentityHeaders } from "./identity-headers.ts";
export type { UserInfo } from "./user-info.ts";
export { CertificateNotAccepted } from "./errors.ts";
