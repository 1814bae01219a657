// ---- configuration ----
export type { ClusterConfig, TlsMaterial } from "./cluster-config.ts";
export { inClusterConfig, type InClusterOptions } from "./in-cluster-config.ts";
export { kubeconfigConfig, type KubeconfigOptions } from "./kubeconfig.ts";

// ---- requests ----
export { ClusterConnection, isRequestFailed, type ConnectionOptions } from "./cluster-connection.ts";
export type { KubeRequest, KubeStreamRequest } from "./kube-request.ts";
export type { KubeVerb, ResourceLocation } from "./resource-location.ts";

// ---- caches ----
export type { ApiMetadata, ApiObject } from "./api-object.ts";
export { ClusterObjects, type ClusterObjectsOptions } from "./cluster-objects.ts";
export type { CollectionObserver, CollectionStatus } from "./collection-status.ts";
export { authenticationConfigMap, ConfigMapCache, type ConfigMapLocation } from "./config-map-cache.ts";
export type { ConfigMapState } from "./config-map-state.ts";
export type { KnownNode, KnownPod, NodeTarget } from "./known-objects.ts";
export { ListWatch, type CollectionSink, type CollectionSource, type ListWatchOptions } from "./list-watch.ts";
export { NodeCache, type NodeCacheOptions } from "./node-cache.ts";
export { PodCache, type PodCacheOptions } from "./pod-cache.ts";

// ---- single objects ----
export { ApiServiceClient, type ApiServiceObject } from "./api-service-client.ts";

// ---- reviews ----
export type { ReviewOptions } from "./review-options.ts";
export type { SubjectAccessReviewStatus, TokenReviewStatus } from "./review-types.ts";
export { SubjectAccessReviewClient } from "./subject-access-review.ts";
export { TokenReviewClient } from "./token-review.ts";

// ---- errors ----
export {
  KubeAnswerInvalid,
  KubeConfigInvalid,
  KubeError,
  KubeRequestFailed,
  KubeUnreachable,
  type FailedAnswer,
  type RequestFailedCode,
  type UnreachableCode,
} from "./kube-error.ts";

// ---- time ----
export { systemClock, type Clock } from "./clock.ts";
