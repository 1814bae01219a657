/** HorizontalPodAutoscaler through the real controller-manager: the numbers must be fresh and true enough to scale up and down by. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseQuantity } from "@kubemetrics/quantity";
import type { ApiClient, ApiObject } from "../control-plane/api-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { apply, clientOf, deployMetricsServer, kubectl, loadContainer } from "./cluster.ts";

let api: ApiClient;
beforeAll(async () => {
  api = clientOf();
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

const state = (name: string): Promise<Autoscaler> =>
  api.get(`/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/${name}`);
const desired = async (name: string, accept: (replicas: number) => boolean, limitMs: number): Promise<Autoscaler> =>
  eventually(
    `replicas of ${name}`,
    async () => {
      const now = await state(name);
      if (accept(now.status.desiredReplicas)) return now;
      throw new Error(JSON.stringify(now.status));
    },
    limitMs,
  );

it("scales on CPU: up when pods burn more than the target, down when they stop", async () => {
  // Each pod burns 100 millicores of 100 requested, twice the target: 1 → 2 → 3 (the most).
  await apply(
    deployment("burner", ["cpu", "100"], { cpu: "100m" }),
    autoscaler("burner", "cpu", { type: "Utilization", averageUtilization: 50 }),
  );
  const up = await desired("burner", (replicas) => replicas >= 2, 90_000);
  const utilization = up.status.currentMetrics?.[0]?.resource.current.averageUtilization ?? 0;
  expect(Math.abs(utilization - 100)).toBeLessThanOrEqual(25);

  await apply(deployment("burner", ["pause"], { cpu: "100m" }));
  const down = await desired("burner", (replicas) => replicas === 1, 120_000);
  expect(down.status.conditions?.find(({ type }) => type === "ScalingActive")?.status).toBe("True");
});

it("scales on memory: up when pods hold more than the target", async () => {
  await apply(
    deployment("holder", ["mem", "40"], { memory: "20Mi" }),
    autoscaler("holder", "memory", { type: "AverageValue", averageValue: "20Mi" }),
  );
  const up = await desired("holder", (replicas) => replicas >= 2, 90_000);
  const value = up.status.currentMetrics?.[0]?.resource.current.averageValue ?? "0";
  expect(Math.abs(parseQuantity(value).toNumber() / 1024 ** 2 - 41)).toBeLessThanOrEqual(5);
});
