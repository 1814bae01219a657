/** The whole chain of an extension API server. */
import { AccessReviewAuthorizer, type AccessReviewOptions } from "./access-review-authorizer.ts";
import { allowGroups, allowPaths } from "./always-allow.ts";
import type { Authorizer } from "./authorizer.ts";
import { firstOf, type NamedAuthorizer } from "./union.ts";

export interface DelegatedAuthorizerOptions {
  /** Default `["system:masters"]`. */
  readonly alwaysAllowGroups?: readonly string[];
  /** Default `["/healthz", "/readyz", "/livez"]`: probes of the kubelet come without credentials. */
  readonly alwaysAllowPaths?: readonly string[];
  /** Absent: everything beyond the two lists is refused with 403. */
  readonly accessReview?: AccessReviewOptions;
}

/** Groups, then paths, then kube-apiserver. */
export function delegatedAuthorizer(options: DelegatedAuthorizerOptions): Authorizer {
  const chain: NamedAuthorizer[] = [
    {
      name: "kubernetes.io/alwaysAllowGroups",
      authorizer: allowGroups(options.alwaysAllowGroups ?? ["system:masters"]),
    },
    {
      name: "kubernetes.io/alwaysAllowPaths",
      authorizer: allowPaths(options.alwaysAllowPaths ?? ["/healthz", "/readyz", "/livez"]),
    },
  ];
  if (options.accessReview !== undefined) {
    chain.push({ name: "kubernetes.io/webhook", authorizer: new AccessReviewAuthorizer(options.accessReview) });
  }
  return firstOf(chain);
}
