/**
 * Issue: what a broken kubelet costs. The others' values stay fresh; the victim keeps its last good value with its own timestamp for a bounded
 * age, then it goes; the reason is in the log once and in a metric.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { KubeletFault } from "@kubemetrics/sandbox";
import { eventually } from "../suites/metrics-server-process.ts";
import { startSandboxCluster, type SandboxCluster } from "../suites/sandbox-cluster.ts";

interface NodeMetrics {
  readonly metadata: { readonly name: string };
  readonly timestamp: string;
  readonly usage: { readonly cpu: string; readonly memory: string };
}

let cluster: SandboxCluster;
beforeAll(async () => {
  cluster = await startSandboxCluster({ nodes: 7, podsPerNode: 4 });
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function nodeMetrics(): Promise<Map<string, NodeMetrics>> {
  const list = (await cluster.get("/apis/metrics.k8s.io/v1/nodes")) as { items: NodeMetrics[] };
  return new Map(list.items.map((item) => [item.metadata.name, item]));
}

async function podsOf(node: string): Promise<number> {
  const selector = encodeURIComponent(`spec.nodeName=${node}`);
  return ((await cluster.get(`/apis/metrics.k8s.io/v1/pods?fieldSelector=${selector}`)) as { items: unknown[] }).items
    .length;
}

function logLinesAbout(node: string): string[] {
  return readFileSync(cluster.server.logFile, "utf8")
    .split("\n")
    .filter((line) => line.includes(node));
}

/** Sum of the samples of a counter whose labels contain `part`. */
async function counter(name: string, part: string): Promise<number> {
  const page = await cluster.ownPage("/metrics");
  const lines = page.split("\n").filter((line) => line.startsWith(name) && line.includes(part));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

const faults: { fault: KubeletFault; reason: RegExp }[] = [
  { fault: { kind: "refuse" }, reason: /refused|ECONNREFUSED/i },
  { fault: { kind: "garbage" }, reason: /no page of metrics/ },
  { fault: { kind: "truncated" }, reason: /cut|closed|abort|incomplete|truncated/i },
  { fault: { kind: "slow", delayMs: 5_000 }, reason: /time|within/i },
  { fault: { kind: "error" }, reason: /500/ },
  { fault: { kind: "runtime-gone" }, reason: /scrape_error 1/ },
  { fault: { kind: "untrusted-certificate" }, reason: /certificate/i },
];

describe("a broken kubelet", () => {
  it.each(faults.map((row, index) => ({ ...row, index, kind: row.fault.kind })))(
    "$kind: keeps its last good value with its own time, then goes; the others stay fresh; the reason is said once",
    async ({ fault, reason, index }) => {
      const victim = cluster.sandbox.nodes[index]!;
      const before = (await nodeMetrics()).get(victim.name)!;
      const failuresBefore = await counter("metrics_server_kubelet_request_total", 'success="false"');
      const linesBefore = logLinesAbout(victim.name).length;
      await victim.fault(fault);
      onTestFinished(() => victim.fault(undefined));
      const broken = Date.now();

      // Within the bounded age (3 periods of 1 s) the value is still served, and its time does not pretend to be newer.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const kept = (await nodeMetrics()).get(victim.name);
      expect(kept, "the last good value is still served").toBeDefined();
      expect(Date.parse(kept!.timestamp)).toBeGreaterThanOrEqual(Date.parse(before.timestamp));
      expect(Date.parse(kept!.timestamp)).toBeLessThanOrEqual(broken + 1_000);
      expect(await podsOf(victim.name)).toBe(4);

      await eventually(
        "the victim goes",
        async () => ((await nodeMetrics()).has(victim.name) ? undefined : true),
        8_000,
      );
      expect(await podsOf(victim.name)).toBe(0);
      const now = await nodeMetrics();
      expect(now.size).toBe(cluster.nodes.length - 1);
      for (const other of now.values()) expect(Date.parse(other.timestamp)).toBeGreaterThan(Date.now() - 4_000);

      const said = logLinesAbout(victim.name)
        .slice(linesBefore)
        .filter((line) => reason.test(line));
      expect(said, `the reason is in the log once:\n${logLinesAbout(victim.name).join("\n")}`).toHaveLength(1);
      expect(await counter("metrics_server_kubelet_request_total", 'success="false"')).toBeGreaterThan(failuresBefore);

      await victim.fault(undefined);
      await eventually("the victim is back", async () => (await nodeMetrics()).get(victim.name), 10_000);
    },
    40_000,
  );

  it("restarted containers never show a negative or absurd rate", async () => {
    const node = cluster.sandbox.nodes[5]!;
    node.restartContainers();
    for (let round = 0; round < 30; round++) {
      const list = (await cluster.get("/apis/metrics.k8s.io/v1/pods")) as {
        items: { metadata: { name: string }; containers: { usage: { cpu: string } }[] }[];
      };
      for (const pod of list.items) {
        expect(pod.containers.length).toBeGreaterThan(0);
        for (const { usage } of pod.containers) expect(usage.cpu).toMatch(/^\d{1,10}[nu]?$|^\d{1,4}m$/);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
});
