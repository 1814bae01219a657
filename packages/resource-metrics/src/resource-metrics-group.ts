/** The API group metrics.k8s.io. */
import type { ApiGroup } from "@kubemetrics/apiservice";
import type { KnownObjects } from "./known-objects.ts";
import type { UsageView } from "./usage-view.ts";

/** Both have the same layout; v1 is there from Kubernetes 1.37 on. */
export type MetricsVersion = "v1" | "v1beta1";

export interface ResourceMetricsOptions {
  readonly usage: UsageView;
  readonly known: KnownObjects;
  /** In order of preference. Default: v1, then v1beta1. */
  readonly versions?: readonly MetricsVersion[];
  /** Milliseconds since the Unix epoch: for ages, and for dropping encodings that nobody asks for any more. */
  readonly clock: () => number;
  /**
   * Told the ages, in milliseconds, of all objects of an answer, once per request. The array is used again: read it
   * before returning.
   */
  readonly onServed?: (agesMs: Float64Array) => void;
  /** How much may be kept for lists, beside one encoding per object, in bytes. Default 32 MB. */
  readonly maxListBytes?: number;
}

/** metrics.k8s.io for `createExtensionServer` of @kubemetrics/apiservice: resources `nodes` and `pods`, get and list. */
export function resourceMetricsGroup(options: ResourceMetricsOptions): ApiGroup {
  const { versions = ["v1", "v1beta1"] } = options;
  return { name: "metrics.k8s.io", versions: versions.map((version) => ({ version, resources: [] })) };
}
