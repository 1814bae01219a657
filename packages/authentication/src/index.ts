// Contracts
export type { AuthenticationResult, Authenticator, RequestCredentials } from "./authenticator.ts";
export type { UserInfo } from "./user-info.ts";
export type { ConfigMapSource, ConfigMapState } from "./config-map-source.ts";
export type { TokenReviewer, TokenReviewStatus } from "./token-reviewer.ts";
