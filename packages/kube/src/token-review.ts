import type { ClusterConnection } from "./cluster-connection.ts";
import { ReviewRequest } from "./internal/review-request.ts";
import type { ReviewOptions } from "./review-options.ts";
import type { TokenReviewStatus } from "./review-types.ts";

/** Asks kube-apiserver whom a token belongs to. Needs `create` on tokenreviews: ClusterRole `system:auth-delegator`. */
export class TokenReviewClient {
  readonly #request: ReviewRequest;

  constructor(connection: ClusterConnection, options: ReviewOptions = {}) {
    const kind = {
      kind: "TokenReview",
      group: "authentication.k8s.io",
      resource: "tokenreviews",
      emptyStatus: { user: {} },
    };
    this.#request = new ReviewRequest(connection, kind, options);
  }

  /**
   * @param audiences - empty: not sent, and the server's own audiences count
   * @returns the status as decoded
   * @throws KubeError when no answer came; its text never contains the token
   */
  async review(token: string, audiences: readonly string[]): Promise<TokenReviewStatus> {
    const spec = { ...(token !== "" && { token }), ...(audiences.length > 0 && { audiences }) };
    return (await this.#request.send(spec)) as TokenReviewStatus;
  }
}
