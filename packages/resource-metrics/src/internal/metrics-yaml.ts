/** Metrics objects as data for the YAML writer. */
import { formatDuration, objectMetaToJson, timeToJson } from "@kubemetrics/apimachinery";
import type { MetricsObject, ResourceAmount } from "../metrics-object.ts";

export function metricsObjectData(object: MetricsObject): Readonly<Record<string, unknown>> {
  const common = {
    metadata: objectMetaToJson(object.metadata),
    timestamp: timeToJson(object.timestamp),
    window: formatDuration(object.windowNs),
  };
  if (!("containers" in object)) return { ...common, usage: usageData(object.usage) };
  const containers = object.containers?.map(({ name, usage }) => ({ name, usage: usageData(usage) })) ?? null;
  return { ...common, containers };
}

function usageData(usage: readonly ResourceAmount[] | undefined): ReadonlyMap<string, string> | null {
  return usage === undefined ? null : new Map(usage.map(({ resource, quantity }) => [resource, quantity]));
}
