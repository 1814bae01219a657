/** HorizontalPodAutoscaler through the real controller-manager: the numbers must be fresh and true enough to scale up and down by. */
import { parseQuantity } from "@kubemetrics/quantity";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiClient, ApiObject } from "../control-plane/api-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { apply, clientOf, deployMetricsServer, kubectl, loadContainer } from "./cluster.ts";

let api: ApiClient;
beforeAll(async () => {
  api = clientOf();
  await apply(
    // Burns twice the target: 1 → 2 → 3 (the most).
    deployment("burner", ["cpu", "100"], { cpu: "100m" }),
    autoscaler("burner", "cpu", { type: "Utilization", averageUtilization: 50 }),
    // Holds twice the target.
    deployment("holder", ["mem", "40"], { memory: "20Mi" }),
    autoscaler("holder", "memory", { type: "AverageValue", averageValue: "20Mi" }),
  );
  await deployMetricsServer();
});
afterAll(async () => {
  await kubectl("delete", "hpa,deployment", "-l", "suite=autoscaling", "--wait=false");
  await api[Symbol.asyncDispose]();
});

interface Autoscaler extends ApiObject {
  readonly status: {
    readonly desiredReplicas: number;
    readonly currentMetrics?: { resource: { current: { averageValue: string; averageUtilization?: number } } }[];
    readonly conditions?: { type: string; status: string; message: string }[];
  };
}

function deployment(name: string, args: readonly string[], requests: Record<string, string>): object {
  const labels = { app: name, suite: "autoscaling" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default", labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ ...loadContainer("main", args), resources: { requests } }],
        },
      },
    },
  };
}

function autoscaler(name: string, resource: "cpu" | "memory", target: object): object {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace: "default", labels: { suite: "autoscaling" } },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [{ type: "Resource", resource: { name: resource, target } }],
    },
  };
}

/** The pods run something else from now on; how many there are stays the autoscaler's business. */
async function runInstead(name: string, args: readonly string[], requests: Record<string, string>): Promise<void> {
  const containers = [{ ...loadContainer("main", args), resources: { requests } }];
  await api.patch(`/apis/apps/v1/namespaces/default/deployments/${name}`, {
    spec: { template: { spec: { containers } } },
  });
}

/** The autoscaler, once it wants that many and the Deployment has them asked for. */
async function scaled(name: string, isWanted: (replicas: number) => boolean, limitMs: number): Promise<Autoscaler> {
  return eventually(
    `replicas of ${name}`,
    async () => {
      const now = await api.get<Autoscaler>(`/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/${name}`);
      const { spec } = await api.get<ApiObject & { spec: { replicas: number } }>(
        `/apis/apps/v1/namespaces/default/deployments/${name}`,
      );
      if (isWanted(now.status.desiredReplicas) && isWanted(spec.replicas)) return now;
      throw new Error(JSON.stringify({ asked: spec.replicas, ...now.status }));
    },
    limitMs,
  );
}

const current = ({ status }: Autoscaler): { averageValue: string; averageUtilization?: number } | undefined =>
  status.currentMetrics?.[0]?.resource.current;
const mebibytes = (autoscaler: Autoscaler): number =>
  parseQuantity(current(autoscaler)?.averageValue ?? "0").toNumber() / 1024 ** 2;
const isActive = ({ status }: Autoscaler): boolean =>
  status.conditions?.find(({ type }) => type === "ScalingActive")?.status === "True";

// At once: both wait for the same scrapes.
describe.concurrent("a HorizontalPodAutoscaler", () => {
  it("scales on CPU: up when pods burn more than the target, down when they stop", async () => {
    const up = await scaled("burner", (replicas) => replicas >= 2, 90_000);
    expect(Math.abs((current(up)?.averageUtilization ?? 0) - 100)).toBeLessThanOrEqual(25);

    await runInstead("burner", ["pause"], { cpu: "100m" });
    const down = await scaled("burner", (replicas) => replicas === 1, 120_000);
    expect(current(down)?.averageUtilization ?? 100).toBeLessThanOrEqual(25);
    expect(isActive(down)).toBe(true);
  });

  it("scales on memory: up when pods hold more than the target, down when they hold less", async () => {
    const up = await scaled("holder", (replicas) => replicas >= 2, 90_000);
    expect(Math.abs(mebibytes(up) - 41)).toBeLessThanOrEqual(5);

    await runInstead("holder", ["mem", "4"], { memory: "20Mi" });
    const down = await scaled("holder", (replicas) => replicas === 1, 120_000);
    expect(mebibytes(down)).toBeGreaterThan(3);
    expect(mebibytes(down)).toBeLessThan(10);
    expect(isActive(down)).toBe(true);
  });
});
