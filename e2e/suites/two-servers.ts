/**
 * The Go metrics-server and this one over the same kubelets, with the same numbers down to the nanosecond.
 *
 * Time stands still in the kubelets. When both servers have read every node once it jumps, and stands still again: whenever a server
 * reads next, its window begins and ends at the same samples as the other's.
 */
import type { ApiClient } from "../control-plane/api-client.ts";
import { startGoMetricsServer } from "./go-metrics-server.ts";
import { sampleOf } from "./metrics-cluster.ts";
import { eventually } from "./metrics-server-process.ts";
import { startRealCluster, type RealCluster } from "./real-cluster.ts";

export interface TwoServers extends AsyncDisposable {
  /** Where this server is registered. */
  readonly cluster: RealCluster;
  readonly ports: { readonly ours: number; readonly theirs: number };
  /** The servers themselves, as administrator. */
  readonly ours: ApiClient;
  readonly theirs: ApiClient;
  readonly names: ObjectNames;
}

/** Objects that tests ask for by name. */
export interface ObjectNames {
  readonly node: string;
  /** The pods of that node. */
  readonly podsOfNode: readonly string[];
  readonly namespace: string;
  /** Two of that namespace: with one container, and with several. */
  readonly pod: string;
  readonly podOfMany: string;
  /** Selects some pods of that namespace. */
  readonly selector: string;
  /** A node that cannot be reached, and a pod that runs and is on no kubelet's page: the only one of its namespace. */
  readonly silentNode: string;
  readonly silentPod: string;
  readonly silentNamespace: string;
}

const silent = { silentNode: "silent", silentPod: "silent", silentNamespace: "silence" };
const v1beta1 = "/apis/metrics.k8s.io/v1beta1";

export async function startTwoServers(): Promise<TwoServers> {
  let nowMs = Date.now() - 60_000;
  const cluster = await startRealCluster({
    // Samples of one page differ in age; windows are 19.6 s and 20.3 s.
    sandbox: { clock: () => nowMs, sampleIntervalMs: 700 },
    // The shortest that the Go server takes.
    flags: ["--metric-resolution=10s", "--kubelet-request-timeout=5s"],
    waits: false,
  });
  try {
    await addSilentObjects(cluster);
    const go = await startGoMetricsServer(cluster);
    const admin = cluster.user("admin", ["system:masters"]);
    const [ours, theirs] = [cluster.direct(admin), go.direct(admin)];
    const both = (what: string, check: (server: ApiClient) => Promise<true | undefined>): Promise<unknown> =>
      Promise.all([ours, theirs].map((server) => eventually(what, () => check(server), 60_000)));
    const reads = cluster.nodes.length;
    await both("every node was read once", async (server) => (await goodReads(server)) >= reads || undefined);
    nowMs += 20_000;
    const { items: pods } = await cluster.admin.get<{ items: Pod[] }>("/api/v1/pods");
    const measured = pods.filter(({ metadata }) => metadata.namespace !== silent.silentNamespace);
    await both("every pod has numbers", async (server) => {
      const { items } = await server.get<{ items: unknown[] }>(`${v1beta1}/pods`);
      return items.length === measured.length || undefined;
    });
    return {
      cluster,
      ports: { ours: Number(new URL(cluster.serverUrl).port), theirs: go.port },
      ours,
      theirs,
      names: { ...namesOf(cluster, measured), ...silent },
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Record<string, string> };
  readonly spec: { readonly nodeName: string; readonly containers: readonly unknown[] };
}

function namesOf(cluster: RealCluster, pods: readonly Pod[]): Omit<ObjectNames, keyof typeof silent> {
  const [node = ""] = cluster.nodes;
  const namespace = "shop";
  const ofNamespace = pods.filter(({ metadata }) => metadata.namespace === namespace);
  const withContainers = (accept: (count: number) => boolean): string =>
    ofNamespace.find(({ spec }) => accept(spec.containers.length))?.metadata.name ?? "";
  return {
    node,
    podsOfNode: pods.filter(({ spec }) => spec.nodeName === node).map(({ metadata }) => metadata.name),
    namespace,
    pod: withContainers((count) => count === 1),
    podOfMany: withContainers((count) => count > 1),
    selector: sampleOf(ofNamespace).selector,
  };
}

async function addSilentObjects({ admin, nodes }: RealCluster): Promise<void> {
  const { silentNode, silentNamespace, silentPod } = silent;
  await admin.post("/api/v1/nodes", { metadata: { name: silentNode } });
  await admin.post("/api/v1/namespaces", { metadata: { name: silentNamespace } });
  const pods = `/api/v1/namespaces/${silentNamespace}/pods`;
  const spec = { nodeName: nodes[0], containers: [{ name: "main", image: "none" }] };
  await admin.post(pods, { metadata: { name: silentPod }, spec });
  await admin.patch(`${pods}/${silentPod}/status`, { status: { phase: "Running" } });
}

/** Kubelet pages that a server has read, by its own count. */
async function goodReads(server: ApiClient): Promise<number> {
  const { text } = await server.request("GET", "/metrics");
  return Number(/^metrics_server_kubelet_request_total\{success="true"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
