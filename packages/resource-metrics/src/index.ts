// The API group
export { resourceMetricsGroup } from "./resource-metrics-group.ts";
export type { MetricsVersion, ResourceMetricsOptions } from "./resource-metrics-group.ts";

// What it serves from
export type { KnownNode, KnownObjects, KnownPod } from "./known-objects.ts";
export type { ContainerUsage, NodeUsage, PodUsage, UsageView } from "./usage-view.ts";
