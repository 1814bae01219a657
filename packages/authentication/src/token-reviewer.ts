/** Asks kube-apiserver who a bearer token belongs to. Implemented by whoever talks to kube-apiserver. */
export interface TokenReviewer {
  /**
   * Creates a TokenReview (authentication.k8s.io/v1) and returns its status as decoded.
   *
   * @param audiences - `spec.audiences`; empty = leave the field out
   * @throws when there is no usable answer (transport, HTTP status, not a TokenReview); such failures are not cached
   */
  review(token: string, audiences: readonly string[]): Promise<TokenReviewStatus>;
}

/** `status` of a TokenReview, as in the API: every field may be missing. */
export interface TokenReviewStatus {
  readonly authenticated?: boolean | undefined;
  readonly user?:
    | {
        readonly username?: string | undefined;
        readonly uid?: string | undefined;
        readonly groups?: readonly string[] | null | undefined;
        readonly extra?: Readonly<Record<string, readonly string[] | null>> | null | undefined;
      }
    | undefined;
  readonly audiences?: readonly string[] | null | undefined;
  readonly error?: string | undefined;
}
