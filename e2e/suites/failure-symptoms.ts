/** What an operator can see of a broken aggregation layer, and whether it is what `failure-modes.ts` says. */
import { readFileSync } from "node:fs";
import type { FailureMode, Symptoms } from "./failure-mode.ts";
import { serverLog, startRealCluster, type RealCluster } from "./real-cluster.ts";

export const nodes = "/apis/metrics.k8s.io/v1/nodes";

/** A cluster with this mode from the start, or a healthy one; with a viewer. */
export async function startBroken(mode?: FailureMode): Promise<RealCluster> {
  const cluster = await startRealCluster({
    waits: mode === undefined,
    ...(mode?.apiServer && { plane: { apiServer: mode.apiServer } }),
  });
  await cluster.admin.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "viewer" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:aggregated-metrics-reader" },
    subjects: [{ kind: "User", name: "viewer" }],
  });
  return cluster;
}

interface Marks {
  readonly server: number;
  readonly apiServer: number;
}

const apiServerLog = (cluster: RealCluster): string => readFileSync(cluster.plane.apiServer.logFile, "utf8");
export const marks = (cluster: RealCluster): Marks => ({
  server: serverLog(cluster).length,
  apiServer: apiServerLog(cluster).length,
});

async function observe(cluster: RealCluster, since: Marks): Promise<Symptoms> {
  const ask = async (client: ReturnType<RealCluster["as"]>): Promise<string> => {
    const answer = await client.request("GET", nodes);
    return `${answer.status} ${answer.text.trim()}`;
  };
  const { status } = await cluster.admin.get<{
    status: { conditions?: { status: string; reason: string; message: string }[] };
  }>("/apis/apiregistration.k8s.io/v1/apiservices/v1.metrics.k8s.io");
  const [condition] = status.conditions ?? [];
  return {
    condition: condition === undefined ? "" : `${condition.status} ${condition.reason}: ${condition.message}`,
    administrator: await ask(cluster.admin),
    viewer: await ask(cluster.as(cluster.user("viewer"))),
    readyz: (await cluster.direct({}).request("GET", "/readyz?verbose")).text,
    serverLog: serverLog(cluster).slice(since.server),
    apiServerLog: apiServerLog(cluster).slice(since.apiServer),
  };
}

/** Waits until all symptoms of the table are seen at the same time; returns what was seen instead of those that were not. */
export async function missingSymptoms(
  mode: FailureMode,
  cluster: RealCluster,
  since: Marks,
): Promise<Partial<Symptoms>> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const seen = await observe(cluster, since);
    const missing = Object.entries(mode.symptoms)
      .filter(([symptom, pattern]) => !pattern.test(seen[symptom as keyof Symptoms]))
      .map(([symptom, pattern]) => [
        symptom,
        `${pattern} does not match ${seen[symptom as keyof Symptoms].slice(-1_500)}`,
      ]);
    if (missing.length === 0 || Date.now() > deadline) return Object.fromEntries(missing) as Partial<Symptoms>;
    await new Promise((elapsed) => setTimeout(elapsed, 200));
  }
}
