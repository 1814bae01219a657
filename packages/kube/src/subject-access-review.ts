import type { ClusterConnection } from "./cluster-connection.ts";
import { ReviewRequest } from "./internal/review-request.ts";
import type { ReviewOptions } from "./review-options.ts";
import type { SubjectAccessReviewStatus } from "./review-types.ts";

/** Asks kube-apiserver whether somebody may do something. Needs `create` on subjectaccessreviews: ClusterRole `system:auth-delegator`. */
export class SubjectAccessReviewClient {
  readonly #request: ReviewRequest;

  constructor(connection: ClusterConnection, options: ReviewOptions = {}) {
    const kind = {
      kind: "SubjectAccessReview",
      group: "authorization.k8s.io",
      resource: "subjectaccessreviews",
      emptyStatus: { allowed: false },
    };
    this.#request = new ReviewRequest(connection, kind, options);
  }

  /**
   * @param spec - as it stands in the JSON body; fields are sent in the order given
   * @returns the status as decoded; nothing is allowed that the answer does not allow
   * @throws KubeError when no answer came
   */
  async review(spec: object): Promise<SubjectAccessReviewStatus> {
    const status = (await this.#request.send(spec)) as Partial<SubjectAccessReviewStatus>;
    return { ...status, allowed: status.allowed === true };
  }
}
