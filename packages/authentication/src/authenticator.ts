/** The contract between authentication and whoever serves requests. */
import type { UserInfo } from "./user-info.ts";

/** What a request shows: the TLS peer's certificates and the raw header lines. Nothing else is ever looked at. */
export interface RequestCredentials {
  /**
   * DER, leaf first, as presented; empty without TLS or without a certificate.
   *
   * Hand in the *same array object* for every request of a connection: verdicts are cached by its identity.
   */
  readonly peerChain: readonly Uint8Array[];
  /** Names and values alternating, as Node's `rawHeaders`: every line, in order, bytes as latin-1. */
  readonly rawHeaders: readonly string[];
}

export type AuthenticationResult =
  | {
      readonly kind: "authenticated";
      /** `system:anonymous` when the request showed no credentials. */
      readonly user: UserInfo;
      /** Texts for `Warning` response headers. */
      readonly warnings?: readonly string[];
      /** What handlers may still see, names and values alternating: credentials and identity headers are gone. */
      readonly headers: readonly string[];
    }
  | {
      /** Answer 401. Credentials were shown and none was good. */
      readonly kind: "refused";
      /** For the log and the audit record, never for the client. */
      readonly reason: string;
      readonly warnings?: readonly string[];
    };

/** Decides who a request comes from. Never throws; answers at once unless a TokenReview has to be asked. */
export interface Authenticator {
  authenticate(request: RequestCredentials): AuthenticationResult | Promise<AuthenticationResult>;
}
