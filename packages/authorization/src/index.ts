// What a request asks for
export { parseRequestInfo, type RequestInfo } from "./request-info.ts";
export { firstValues, isInt64, parseQuery, queryFlag } from "./query.ts";

// Who may do it
export type { Attributes, Authorizer, Decision, User } from "./authorizer.ts";
export { delegatedAuthorizer, type DelegatedAuthorizerOptions } from "./delegated-authorizer.ts";
export { allowGroups, allowPaths } from "./always-allow.ts";
export { firstOf, type NamedAuthorizer } from "./union.ts";

// Asking kube-apiserver
export { AccessReviewAuthorizer, type AccessReviewOptions } from "./access-review-authorizer.ts";
export { reviewSpec } from "./review-spec.ts";
export type {
  NonResourceAttributes,
  ResourceAttributes,
  SelectorRequirement,
  SubjectAccessReviewer,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from "./subject-access-review.ts";

// Refusing
export { forbiddenError, withoutMarkup } from "./forbidden.ts";

// Errors
export { AllowedPathInvalid, AuthorizationError, TargetIncomplete, TargetMalformed } from "./authorization-error.ts";
