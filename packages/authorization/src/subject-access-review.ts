/** The parts of `authorization.k8s.io/v1` SubjectAccessReview that a server asks and reads. */

/** `spec` as it stands in the JSON body: fields in this order, empty ones left out. */
export interface SubjectAccessReviewSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
  readonly user?: string;
  readonly groups?: readonly string[];
  /** Keys in byte order. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly uid?: string;
}

export interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly fieldSelector?: { readonly requirements: readonly SelectorRequirement[] };
  readonly labelSelector?: { readonly requirements: readonly SelectorRequirement[] };
}

export interface NonResourceAttributes {
  readonly path?: string;
  readonly verb?: string;
}

/** `operator` is `In`, `NotIn`, `Exists` or `DoesNotExist`. */
export interface SelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** `status` of the answer. `denied` wins over everything; both set is an error of the reviewer. */
export interface SubjectAccessReviewStatus {
  readonly allowed: boolean;
  readonly denied?: boolean;
  readonly reason?: string;
  readonly evaluationError?: string;
}

/**
 * Asks kube-apiserver. Bounded in time by itself (10 s upstream); retries are its business too.
 *
 * @throws when no answer came; the text goes to the log and into the 500 answer
 */
export interface SubjectAccessReviewer {
  review(spec: SubjectAccessReviewSpec): Promise<SubjectAccessReviewStatus>;
}
