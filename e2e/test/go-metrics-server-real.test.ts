/** The Go metrics-server and this one over the same kubelets: the same objects, the same forms, the same numbers. */
import { parseQuantity } from "@kubemetrics/quantity";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiAnswer, ApiClient } from "../control-plane/api-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { startGoMetricsServer, startRealCluster, type RealCluster } from "../suites/real-cluster.ts";

const v1beta1 = "/apis/metrics.k8s.io/v1beta1";
let cluster: RealCluster;
let ours: ApiClient;
let theirs: ApiClient;

beforeAll(async () => {
  // Both scrape at its shortest period, so that both average over windows of the same length.
  cluster = await startRealCluster({
    flags: ["--metric-resolution=10s", "--kubelet-request-timeout=5s"],
    waits: false,
  });
  const admin = cluster.user("admin", ["system:masters"]);
  const go = await startGoMetricsServer(cluster);
  [ours, theirs] = [cluster.direct(admin), go(admin)];
  await eventually(
    "both have numbers of every pod",
    async () => {
      const lists = await Promise.all(
        [ours, theirs].map((server) => server.get<{ items: unknown[] }>(`${v1beta1}/pods`)),
      );
      return lists.every(({ items }) => items.length === 24) || undefined;
    },
    60_000,
  );
});
afterAll(() => cluster[Symbol.asyncDispose]());

interface Usage {
  readonly cpu: string;
  readonly memory: string;
}
interface Metrics {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly window: string;
  readonly usage?: Usage;
  readonly containers?: readonly { readonly name: string; readonly usage: Usage }[];
}

/** Everything but the numbers and their times. */
const form = ({ metadata, usage, containers, ...rest }: Metrics): object => ({
  fields: Object.keys(rest).toSorted(),
  metadata: { ...metadata, creationTimestamp: undefined },
  usage: usage && Object.keys(usage),
  // The Go server's order of containers is that of a map: any.
  containers: containers
    ?.map(({ name, usage: used }) => ({ name, usage: Object.keys(used) }))
    .toSorted((a, b) => a.name.localeCompare(b.name)),
});

const list = async (server: ApiClient, path: string): Promise<readonly Metrics[]> =>
  (await server.get<{ items: Metrics[] }>(path)).items;

describe("the same kubelets", () => {
  it.each(["nodes", "pods"])("%s: the same objects with the same fields", async (kind) => {
    const [a, b] = await Promise.all([ours, theirs].map((server) => list(server, `${v1beta1}/${kind}`)));
    const sorted = (items: readonly Metrics[]): object[] =>
      items
        .toSorted(
          (x, y) =>
            (x.metadata.namespace ?? "").localeCompare(y.metadata.namespace ?? "") ||
            x.metadata.name.localeCompare(y.metadata.name),
        )
        .map(form);
    expect(sorted(a ?? [])).toEqual(sorted(b ?? []));
  });

  it("memory and CPU agree: the sum over all containers of the same ten seconds", async () => {
    const total = async (server: ApiClient, resource: keyof Usage): Promise<number> =>
      (await list(server, `${v1beta1}/pods`))
        .flatMap(({ containers = [] }) => containers)
        .reduce((sum, { usage }) => sum + parseQuantity(usage[resource]).toNumber(), 0);
    for (const resource of ["memory", "cpu"] as const) {
      const [a = 0, b = 1] = await Promise.all([ours, theirs].map((server) => total(server, resource)));
      // Windows begin at different moments; usage swings a little.
      expect(a / b).toBeGreaterThan(0.8);
      expect(a / b).toBeLessThan(1.25);
    }
  });

  const both = async (path: string, headers?: Record<string, string>): Promise<[ApiAnswer, ApiAnswer]> =>
    Promise.all([ours.request("GET", path, undefined, headers), theirs.request("GET", path, undefined, headers)]);

  it.each([
    { name: "a node that is not there", path: () => `${v1beta1}/nodes/nowhere` },
    { name: "a pod that is not there", path: () => `${v1beta1}/namespaces/default/pods/nowhere` },
    { name: "a namespace that is not there", path: () => `${v1beta1}/namespaces/nowhere/pods` },
    { name: "a selector that is none", path: () => `${v1beta1}/nodes?labelSelector=a%3D%3D%3Db` },
    { name: "a resource that is not there", path: () => `${v1beta1}/things` },
    { name: "discovery of the resources", path: () => v1beta1 },
  ])("$name: the same answer", async ({ path }) => {
    const [a, b] = await both(path());
    expect([a.status, JSON.parse(a.text)]).toEqual([b.status, JSON.parse(b.text)]);
  });

  it.each(["nodes", "pods"])("kubectl get %s: the same columns and rows", async (kind) => {
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    const [a, b] = (await both(`${v1beta1}/${kind}`, { accept })).map((answer) =>
      answer.json<{ columnDefinitions: { name: string }[]; rows: { cells: string[] }[] }>(),
    );
    expect(a?.columnDefinitions).toEqual(b?.columnDefinitions);
    expect(a?.rows.map(({ cells }) => cells[0]).toSorted()).toEqual(b?.rows.map(({ cells }) => cells[0]).toSorted());
  });
});
