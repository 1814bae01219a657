/** The official JavaScript client reads our answers through the real kube-apiserver. */
import { parseQuantity } from "@kubemetrics/quantity";
import { CoreV1Api, KubeConfig, makeInformer, Metrics, topNodes, topPods, type V1Node } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRealCluster, type RealCluster } from "../suites/real-cluster.ts";

let cluster: RealCluster;
const config = new KubeConfig();
beforeAll(async () => {
  cluster = await startRealCluster();
  config.loadFromFile(cluster.kubeconfig);
});
afterAll(() => cluster[Symbol.asyncDispose]());

it("Metrics reads nodes and pods, all and of one namespace", async () => {
  const metrics = new Metrics(config);
  const nodes = await metrics.getNodeMetrics();
  expect(nodes).toMatchObject({ kind: "NodeMetricsList", apiVersion: "metrics.k8s.io/v1beta1" });
  expect(nodes.items.map(({ metadata }) => metadata.name)).toEqual([...cluster.nodes].toSorted());
  const pods = await metrics.getPodMetrics();
  expect(pods.items.reduce((sum, { containers }) => sum + containers.length, 0)).toBe(cluster.containers);
  const { namespace, pods: selected } = cluster.sample;
  const names = (items: typeof pods.items): string[] => items.map(({ metadata }) => metadata.name);
  const inNamespace = names((await metrics.getPodMetrics(namespace)).items);
  expect(inNamespace).toEqual(names(pods.items.filter(({ metadata }) => metadata.namespace === namespace)));
  expect(inNamespace).toEqual(expect.arrayContaining([...selected]));
});

it("topNodes and topPods join usage with objects", async () => {
  const core = config.makeApiClient(CoreV1Api);
  const nodes = await topNodes(core);
  expect(nodes.map(({ Node }) => Node.metadata?.name ?? "").toSorted()).toEqual([...cluster.nodes].toSorted());
  const metrics = new Metrics(config);
  const pods = await topPods(core, metrics);
  const served = new Map(
    (await metrics.getPodMetrics()).items.map((pod) => [`${pod.metadata.namespace}/${pod.metadata.name}`, pod]),
  );
  expect(pods).toHaveLength(served.size);
  for (const { Pod, Containers, Memory } of pods) {
    const pod = served.get(`${Pod.metadata?.namespace}/${Pod.metadata?.name}`);
    expect(Containers.map(({ Container }) => Container).toSorted()).toEqual(
      pod?.containers.map(({ name }) => name).toSorted(),
    );
    expect(Number(Memory.CurrentUsage)).toBeGreaterThan(0);
    for (const container of pod?.containers ?? []) expect(parseQuantity(container.usage.memory).sign).toBe(1);
  }
});

it("an informer over core objects and a reader of metrics agree on the nodes", async () => {
  const core = config.makeApiClient(CoreV1Api);
  const seen = new Set<string>();
  const informer = makeInformer<V1Node>(config, "/api/v1/nodes", () => core.listNode());
  informer.on("add", (node) => seen.add(node.metadata?.name ?? ""));
  await informer.start();
  await informer.stop();
  const served = (await new Metrics(config).getNodeMetrics()).items.map(({ metadata }) => metadata.name);
  expect([...seen].toSorted()).toEqual(served);
});
