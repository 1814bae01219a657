// What a request asks for
export type { RequestInfo } from "./request-info.ts";

// Who may do it
export type { Attributes, Authorizer, Decision, User } from "./authorizer.ts";

// Asking kube-apiserver
export type {
  NonResourceAttributes,
  ResourceAttributes,
  SelectorRequirement,
  SubjectAccessReviewer,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from "./subject-access-review.ts";
