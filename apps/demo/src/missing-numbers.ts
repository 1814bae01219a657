/** Why there is no table yet, from what the API server says about metrics-server. */
import type { ApiClient } from "./api-client.ts";

interface List {
  readonly items: readonly unknown[];
}
interface ApiService {
  readonly status?: { readonly conditions?: readonly Condition[] };
}
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const metrics = "/apis/metrics.k8s.io/v1";

/** `undefined`: every node and every running pod has numbers. @throws Error when somebody on the way does not answer */
export async function missingNumbers(client: ApiClient): Promise<string | undefined> {
  const [nodes, measuredNodes] = await counts(client, ["/api/v1/nodes", `${metrics}/nodes`]);
  if (measuredNodes < nodes) return `${measuredNodes} of ${nodes} nodes have numbers`;
  const running = "/api/v1/pods?fieldSelector=status.phase%3DRunning";
  const [pods, measuredPods] = await counts(client, [running, `${metrics}/pods`]);
  return measuredPods < pods ? `${measuredPods} of ${pods} pods have numbers` : undefined;
}

/** What stands in the way, for people. Never rejects: an API server that does not answer is a reason too. */
export async function whyNoNumbers(client: ApiClient): Promise<string> {
  try {
    const service = await client.get<ApiService>("/apis/apiregistration.k8s.io/v1/apiservices/v1.metrics.k8s.io");
    const available = service.status?.conditions?.find(({ type }) => type === "Available");
    if (available?.status !== "True") {
      const { reason = "Unknown", message = "nobody has looked yet" } = available ?? {};
      return `APIService v1.metrics.k8s.io is not available: ${reason}: ${message}`;
    }
    return (await missingNumbers(client)) ?? "the numbers came too late";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function counts(client: ApiClient, paths: readonly [string, string]): Promise<readonly [number, number]> {
  const [known, measured] = await Promise.all([client.get<List>(paths[0]), client.get<List>(paths[1])]);
  return [known.items.length, measured.items.length];
}
