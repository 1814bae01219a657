/** `kubectl top` and its relatives, as an operator types them; the same expectations over every cluster and every kubectl. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Kubectl } from "./kubectl.ts";
import type { MetricsCluster } from "./metrics-cluster.ts";

const millicores = /^\d+m$/;
const mebibytes = /^\d+Mi$/;

export function kubectlTopSuite(start: () => Promise<MetricsCluster>, clients: readonly Kubectl[]): void {
  let cluster: MetricsCluster;
  beforeAll(async () => {
    cluster = await start();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  describe.each(clients)("$name", ({ run }) => {
    const kubectl = (...args: string[]): Promise<string> => run(cluster.kubeconfig, ...args);
    const rows = async (...args: string[]): Promise<string[][]> =>
      (await kubectl(...args))
        .trimEnd()
        .split("\n")
        .map((line) => line.trim().split(/\s+/));

    it("top nodes shows usage and shares of every node", async () => {
      const [header, ...lines] = await rows("top", "nodes");
      expect(header?.slice(0, 2)).toEqual(["NAME", "CPU(cores)"]);
      expect(lines.map(([name = ""]) => name).toSorted()).toEqual(cluster.nodes.toSorted());
      for (const [, cpu, cpuShare, memory, memoryShare] of lines) {
        expect([cpu, cpuShare, memory, memoryShare]).toEqual([
          expect.stringMatching(millicores),
          expect.stringMatching(/^\d+%$/),
          expect.stringMatching(mebibytes),
          expect.stringMatching(/^\d+%$/),
        ]);
      }
    });

    it("top pods -A --containers --sum shows every container and the sum of them", async () => {
      const [header, ...lines] = await rows("top", "pods", "-A", "--containers", "--sum");
      expect(header).toEqual(["NAMESPACE", "POD", "NAME", "CPU(cores)", "MEMORY(bytes)"]);
      const containers = lines.filter((cells) => cells.length === 5);
      const total = lines.at(-1) ?? [];
      expect(containers).toHaveLength(cluster.containers);
      const sum = (column: number): number =>
        containers.reduce((all, cells) => all + Number.parseInt(cells[column] ?? "", 10), 0);
      const cpu = Number.parseInt(total.at(-2) ?? "", 10);
      const memory = Number.parseInt(total.at(-1) ?? "", 10);
      expect(total.at(-2)).toMatch(millicores);
      expect(total.at(-1)).toMatch(mebibytes);
      // kubectl adds exact quantities and rounds once: CPU up and memory down in every row.
      expect(cpu).toBeLessThanOrEqual(sum(3));
      expect(cpu).toBeGreaterThanOrEqual(sum(3) - containers.length);
      expect(memory).toBeGreaterThanOrEqual(sum(4));
      expect(memory).toBeLessThanOrEqual(sum(4) + containers.length);
    });

    it("top pods -l shows the selected pods only", async () => {
      const { namespace, selector, pods } = cluster.sample;
      const [, ...lines] = await rows("top", "pods", "-n", namespace, "-l", selector);
      expect(lines.map(([name = ""]) => name).toSorted()).toEqual(pods.toSorted());
    });

    it.each(["v1", "v1beta1"])(
      "get --raw serves %s with the names, windows and quantities a program reads",
      async (version) => {
        const list = JSON.parse(await kubectl("get", "--raw", `/apis/metrics.k8s.io/${version}/nodes`)) as {
          kind: string;
          apiVersion: string;
          items: {
            metadata: { name: string };
            timestamp: string;
            window: string;
            usage: { cpu: string; memory: string };
          }[];
        };
        expect([list.kind, list.apiVersion]).toEqual(["NodeMetricsList", `metrics.k8s.io/${version}`]);
        expect(list.items.map((item) => item.metadata.name)).toEqual(cluster.nodes.toSorted());
        for (const item of list.items) {
          expect(Date.parse(item.timestamp)).toBeGreaterThan(Date.now() - 120_000);
          expect(item.window).toMatch(/^([\d.]+[mµn]?s|\d+m[\d.]+s)$/);
          expect(item.usage.cpu).toMatch(/^\d+[num]?$/);
          expect(item.usage.memory).toMatch(/^\d+(Ki|Mi|Gi)?$/);
        }
      },
    );

    it("get nodes.metrics.k8s.io prints the table of the server", async () => {
      const [header, ...lines] = await rows("get", "nodes.metrics.k8s.io");
      expect(header).toEqual(["NAME", "CPU", "MEMORY", "WINDOW"]);
      expect(lines).toHaveLength(cluster.nodes.length);
    });

    it("get podmetrics -A -o yaml prints every pod with its containers", async () => {
      const text = await kubectl("get", "podmetrics", "-A", "-o", "yaml");
      const pods = (await rows("get", "pods", "-A", "--no-headers")).length;
      expect(text.match(/^ {2}kind: PodMetrics$/gm)).toHaveLength(pods);
      expect(text.match(/^ {4}usage:$/gm)).toHaveLength(cluster.containers);
      expect(text).toMatch(/^kind: List$/m);
    });

    it("api-resources lists both kinds under the preferred version", async () => {
      const lines = await rows("api-resources", "--api-group=metrics.k8s.io", "--no-headers");
      expect(lines).toEqual([
        ["nodes", "metrics.k8s.io/v1", "false", "NodeMetrics"],
        ["pods", "metrics.k8s.io/v1", "true", "PodMetrics"],
      ]);
    });

    it("get apiservices says Available for both versions, because all checks passed", async () => {
      for (const version of ["v1", "v1beta1"]) {
        const name = `${version}.metrics.k8s.io`;
        const [, [, , available] = []] = await rows("get", "apiservices", name);
        expect(available).toBe("True");
        const message = await kubectl(
          "get",
          "apiservices",
          name,
          "-o",
          'jsonpath={.status.conditions[?(@.type=="Available")].message}',
        );
        expect(message).toBe("all checks passed");
      }
    });
  });
}
