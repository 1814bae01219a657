/** One look at the cluster through the aggregator: what `kubectl top nodes` and `kubectl top pods -A` ask for. */
import { parseQuantity, sumQuantities } from "@kubemetrics/quantity";
import type { ApiClient } from "./api-client.ts";

export interface NodeReading {
  readonly name: string;
  /** `undefined`: metrics-server has no numbers for it. */
  readonly usage: Usage | undefined;
  readonly allocatableMillicores: number;
  readonly allocatableBytes: number;
}

export interface PodReading {
  readonly namespace: string;
  readonly name: string;
  readonly usage: Usage;
}

export interface Usage {
  readonly millicores: number;
  readonly bytes: number;
}

export interface UsageReading {
  /** Sorted by name. */
  readonly nodes: readonly NodeReading[];
  /** In the server's order: namespace, then name. */
  readonly pods: readonly PodReading[];
}

interface List<T> {
  readonly items: readonly T[];
}
type Quantities = { readonly cpu: string; readonly memory: string };
interface NodeMetrics {
  readonly metadata: { readonly name: string };
  readonly usage: Quantities;
}
interface PodMetrics {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly containers: readonly { readonly usage: Quantities }[];
}
interface Node {
  readonly metadata: { readonly name: string };
  readonly status: { readonly allocatable: Quantities };
}

/** @throws Error when the API server, or metrics-server behind it, does not answer */
export async function readUsage(client: ApiClient): Promise<UsageReading> {
  const [nodes, nodeMetrics, podMetrics] = await Promise.all([
    client.get<List<Node>>("/api/v1/nodes"),
    client.get<List<NodeMetrics>>("/apis/metrics.k8s.io/v1/nodes"),
    client.get<List<PodMetrics>>("/apis/metrics.k8s.io/v1/pods"),
  ]);
  const byName = new Map(nodeMetrics.items.map((item) => [item.metadata.name, usageOf([item.usage])]));
  return {
    nodes: nodes.items.map(({ metadata: { name }, status: { allocatable } }) => ({
      name,
      usage: byName.get(name),
      allocatableMillicores: Number(parseQuantity(allocatable.cpu).milliValue()),
      allocatableBytes: Number(parseQuantity(allocatable.memory).value()),
    })),
    pods: podMetrics.items.map(({ metadata: { namespace, name }, containers }) => ({
      namespace,
      name,
      usage: usageOf(containers.map((container) => container.usage)),
    })),
  };
}

/** Added exactly, then rounded up to millicores once, as kubectl does. */
function usageOf(parts: readonly Quantities[]): Usage {
  return {
    millicores: Number(sumQuantities(parts.map(({ cpu }) => parseQuantity(cpu))).milliValue()),
    bytes: Number(sumQuantities(parts.map(({ memory }) => parseQuantity(memory))).value()),
  };
}
