/** The API group metrics.k8s.io. */
import type { ApiGroup } from "@kubemetrics/apiservice";
import { nodesKind, podsKind } from "./internal/metrics-kind.ts";
import { MetricsResource } from "./internal/metrics-resource.ts";
import type { KnownObjects } from "./known-objects.ts";
import { openApiOf } from "./open-api.ts";
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
  /** How much may be kept for lists, beside one encoding per object, in bytes. Default 24 MB. */
  readonly maxListBytes?: number;
}

const groupName = "metrics.k8s.io";
const megabyte = 1024 * 1024;

/** metrics.k8s.io for `createExtensionServer` of @kubemetrics/apiservice: resources `nodes` and `pods`, get and list. */
export function resourceMetricsGroup(options: ResourceMetricsOptions): ApiGroup {
  const { usage, known, clock, onServed, versions = ["v1", "v1beta1"], maxListBytes = 24 * megabyte } = options;
  const shared = { clock, onServed, maxListBytes };
  const nodes = new MetricsResource(nodesKind(known, usage), shared);
  const pods = new MetricsResource(podsKind(known, usage), shared);
  return {
    name: groupName,
    versions: versions.map((version) => {
      const apiVersion = `${groupName}/${version}`;
      return {
        version,
        resources: [nodes.definition(apiVersion), pods.definition(apiVersion)],
        openApi: openApiOf(version),
      };
    }),
  };
}
