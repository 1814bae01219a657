/** `status` of a TokenReview as decoded: every field may be missing. */
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

/** `status` of a SubjectAccessReview as decoded. */
export interface SubjectAccessReviewStatus {
  readonly allowed: boolean;
  readonly denied?: boolean;
  readonly reason?: string;
  readonly evaluationError?: string;
}
