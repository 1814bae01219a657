// ---- configuration ----
export type { ClusterConfig, TlsMaterial } from "./cluster-config.ts";

// ---- requests ----
export type { KubeVerb, ResourceLocation } from "./resource-location.ts";

// ---- caches ----
export type { CollectionObserver, CollectionStatus } from "./collection-status.ts";
export type { ConfigMapState } from "./config-map-state.ts";
export type { KnownNode, KnownPod, NodeTarget } from "./known-objects.ts";

// ---- reviews ----
export type { SubjectAccessReviewStatus, TokenReviewStatus } from "./review-types.ts";

// ---- errors ----
export {
  KubeAnswerInvalid,
  KubeConfigInvalid,
  KubeError,
  KubeRequestFailed,
  KubeUnreachable,
  type RequestFailedCode,
  type UnreachableCode,
} from "./kube-error.ts";

// ---- time ----
export { systemClock, type Clock } from "./clock.ts";
