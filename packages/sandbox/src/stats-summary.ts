/** `/stats/summary`, cut down to CPU, memory and swap of the node, its pods and their containers. */
import { formatTime } from "@kubemetrics/apimachinery";
import type { Json, JsonObject } from "./kube-object.ts";
import type { Meter, MeteredNode } from "./metered-node.ts";

export function statsSummary(node: MeteredNode, nowMs: number): JsonObject {
  return {
    node: {
      nodeName: node.name,
      startTime: formatTime(node.startMs),
      ...usage(node, nowMs, node.memoryBytes),
    },
    pods: node.pods.map((pod) => ({
      podRef: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
      startTime: formatTime(pod.startMs),
      containers: pod.containers.map((container) => ({
        name: container.name,
        startTime: formatTime(container.startMs),
        ...usage(container, nowMs),
      })),
      ...usage(pod, nowMs),
    })),
  };
}

function usage(meter: Meter, nowMs: number, capacityBytes?: number): { readonly [key: string]: Json } {
  const sampled = meter.sampleTimeMs(nowMs);
  const at = formatTime(sampled);
  const cpu = meter.cpuSeconds(nowMs);
  const bytes = meter.workingSetBytes(nowMs);
  // As upstream: the rate since the sample before, which simulated meters can be asked for.
  const earlier = meter.cpuSeconds(nowMs - 10_000);
  const elapsed = (sampled - meter.sampleTimeMs(nowMs - 10_000)) / 1000;
  const usageNanoCores = elapsed > 0 ? Math.max(0, Math.round(((cpu - earlier) / elapsed) * 1e9)) : 0;
  return {
    cpu: { time: at, usageNanoCores, usageCoreNanoSeconds: Math.round(cpu * 1e9) },
    memory: {
      time: at,
      ...(capacityBytes !== undefined && { availableBytes: Math.max(0, capacityBytes - bytes) }),
      usageBytes: bytes,
      workingSetBytes: bytes,
      rssBytes: bytes,
      pageFaults: 0,
      majorPageFaults: 0,
    },
    swap: { time: at, swapUsageBytes: 0 },
  };
}
