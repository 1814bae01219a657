import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { bundledKubeletPages } from "@kubemetrics/conformance";
import { PageInvalid, readEntries, type Sample } from "@kubemetrics/exposition";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox, type SandboxNode } from "@kubemetrics/sandbox";
import { clientOf, eventually, httpsClient, type Client } from "./http-client.ts";

let nowMs = Date.UTC(2026, 10, 24, 12);
let cluster: Sandbox;
let scraper: Client;
beforeAll(async () => {
  cluster = await startSandbox({ nodes: 2, podsPerNode: 6, clock: () => nowMs, seed: 7 });
  scraper = kubeletClient(cluster, 0, cluster.metricsServerAccount().token);
});
afterAll(async () => {
  await scraper[Symbol.asyncDispose]();
  await cluster.close();
});

function originOf(node: SandboxNode): string {
  return `https://${node.address}:${node.port}`;
}

function kubeletClient(sandbox: Sandbox, node: number, token?: string): Client {
  return httpsClient(originOf(sandbox.nodes[node]!), { ca: sandbox.authorityPem, token });
}

const resource = async (client: Client = scraper) => (await client("/metrics/resource")).text;
const samples = (page: string): Sample[] => [...readEntries(page)].filter((entry) => entry.kind === "sample");
const valueOf = (page: string, name: string, pod?: string) =>
  samples(page).find((sample) => sample.name === name && (pod === undefined || sample.labels.get("pod") === pod))!;

describe("/metrics/resource", () => {
  it("has the real kubelet's families in the real order, with its help texts", async () => {
    const captured = readFileSync(join(bundledKubeletPages, "steady-00/metrics-resource.txt"), "utf8");
    const comments = (text: string) => text.split("\n").filter((line) => line.startsWith("#"));
    // Swap limits are shown only for containers that have one.
    const expected = comments(captured).filter((line) => !line.includes("container_swap_limit_bytes"));
    expect(comments(await resource())).toEqual(expected);
  });

  it("writes every line in the form of the real kubelet", async () => {
    const form = (line: string) => line.replace(/"[^"]*"/g, '""').replace(/[\d.]+(e\+\d+)?/g, "0");
    const captured = readFileSync(join(bundledKubeletPages, "steady-00/metrics-resource.txt"), "utf8");
    const known = new Set(captured.split("\n").map(form));
    const strange = (await resource()).split("\n").filter((line) => !known.has(form(line)));
    expect(strange).toEqual([]);
  });

  it("sorts series by their labels and gives each the time of its own sample", async () => {
    const cpu = samples(await resource()).filter((sample) => sample.name === "container_cpu_usage_seconds_total");
    const keys = cpu.map(({ labels }) =>
      [labels.get("container"), labels.get("namespace"), labels.get("pod")].join("\0"),
    );
    expect(keys).toEqual(keys.toSorted());
    const times = new Set(cpu.map((sample) => sample.timestampMs));
    expect(times.size).toBeGreaterThan(1);
    for (const time of times) expect(nowMs - time!).toBeLessThan(1_000);
  });

  it("follows from seed and time alone", async () => {
    await using twin = await startSandbox({ nodes: 2, podsPerNode: 6, clock: () => nowMs, seed: 7 });
    await using other = await startSandbox({ nodes: 2, podsPerNode: 6, clock: () => nowMs, seed: 8 });
    await using twinScraper = kubeletClient(twin, 0, twin.metricsServerAccount().token);
    await using otherScraper = kubeletClient(other, 0, other.metricsServerAccount().token);
    expect(await resource(twinScraper)).toBe(await resource());
    expect(await resource(otherScraper)).not.toBe(await resource());
  });

  it("counts CPU up as time passes, node and pods alike", async () => {
    const before = await resource();
    nowMs += 10_000;
    const after = await resource();
    for (const name of [
      "container_cpu_usage_seconds_total",
      "pod_cpu_usage_seconds_total",
      "node_cpu_usage_seconds_total",
    ]) {
      const used = valueOf(after, name).value - valueOf(before, name).value;
      expect(used).toBeGreaterThan(0);
      expect(used).toBeLessThan(40);
    }
  });

  it("adds pods up: a node uses more than all its pods together", async () => {
    const page = samples(await resource());
    const sum = (name: string) =>
      page.filter((sample) => sample.name === name).reduce((total, sample) => total + sample.value, 0);
    expect(sum("pod_memory_working_set_bytes")).toBeCloseTo(sum("container_memory_working_set_bytes"), -6);
    expect(sum("node_memory_working_set_bytes")).toBeGreaterThan(sum("pod_memory_working_set_bytes"));
  });

  it("repeats a sample until the next one is taken, a second later", async () => {
    const values = new Map<number, Set<number>>();
    for (let step = 0; step < 20; step++, nowMs += 100) {
      const { timestampMs, value } = valueOf(await resource(), "node_cpu_usage_seconds_total");
      values.set(timestampMs!, (values.get(timestampMs!) ?? new Set()).add(value));
    }
    const times = [...values.keys()];
    expect(times.length).toBeGreaterThanOrEqual(2);
    expect(times.slice(1).map((time, index) => time - times[index]!)).toEqual(times.slice(1).map(() => 1_000));
    expect([...values.values()].every((seen) => seen.size === 1)).toBe(true);
  });

  it("starts containers anew on request: counters from zero, a new start time, and the pod's counter goes on", async () => {
    const before = await resource();
    const pod = valueOf(before, "pod_cpu_usage_seconds_total").labels.get("pod")!;
    const namespace = valueOf(before, "pod_cpu_usage_seconds_total").labels.get("namespace")!;
    nowMs += 5_000;
    cluster.nodes[0]!.restartContainers({ namespace, name: pod });
    nowMs += 5_000;
    const after = await resource();
    expect(valueOf(after, "container_cpu_usage_seconds_total", pod).value).toBeLessThan(
      valueOf(before, "container_cpu_usage_seconds_total", pod).value,
    );
    expect(valueOf(after, "container_start_time_seconds", pod).value).toBe((nowMs - 5_000) / 1000);
    expect(valueOf(after, "pod_cpu_usage_seconds_total", pod).value).toBeGreaterThan(
      valueOf(before, "pod_cpu_usage_seconds_total", pod).value,
    );
  });

  it("shows pods from their creation to their deletion", async () => {
    cluster.addPod("node-001", { namespace: "default", name: "guest", containers: ["b", "a"] });
    nowMs += 2_000;
    const page = samples(await resource()).filter((sample) => sample.labels.get("pod") === "guest");
    expect(
      page.filter((sample) => sample.name.startsWith("container_cpu")).map((sample) => sample.labels.get("container")),
    ).toEqual(["a", "b"]);
    cluster.removePod("default", "guest");
    expect(await resource()).not.toContain("guest");
  });

  it("compresses for those who ask", async () => {
    const dispatcher = new Agent({ connect: { ca: cluster.authorityPem } });
    const headers = { "accept-encoding": "gzip", authorization: `Bearer ${cluster.metricsServerAccount().token}` };
    const answer = await request(`${originOf(cluster.nodes[0]!)}/metrics/resource`, { dispatcher, headers });
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(answer.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(gunzipSync(await answer.body.bytes()).toString()).toBe(await resource());
    await dispatcher.destroy();
  });
});

describe("the other pages", () => {
  it("/metrics/cadvisor counts what /metrics/resource counts", async () => {
    const page = (await scraper("/metrics/cadvisor")).text;
    const plain = await resource();
    for (const name of ["container_cpu_usage_seconds_total", "container_memory_working_set_bytes"]) {
      const containers = samples(page).filter(
        (sample) => sample.name === name && sample.labels.get("container") !== "",
      );
      const expected = samples(plain).filter((sample) => sample.name === name);
      expect(containers.map((sample) => [sample.value, sample.timestampMs])).toEqual(
        expected.map((sample) => [sample.value, sample.timestampMs]),
      );
    }
    expect(valueOf(page, "machine_cpu_cores").value).toBe(4);
  });

  it("/stats/summary needs a right of its own", async () => {
    const refused = await scraper("/stats/summary");
    expect([refused.status, refused.text]).toEqual([
      403,
      "Forbidden (user=system:serviceaccount:kube-system:metrics-server, verb=get, resource=nodes, subresource(s)=[stats])\n",
    ]);
    const config = cluster.kubeconfig("admin");
    const pem = (field: string) => Buffer.from(new RegExp(`${field}: (\\S+)`).exec(config)![1]!, "base64").toString();
    await using admin = httpsClient(originOf(cluster.nodes[0]!), {
      ca: cluster.authorityPem,
      cert: pem("client-certificate-data"),
      key: pem("client-key-data"),
    });
    const summary = (await admin("/stats/summary")).json<{
      node: { nodeName: string; cpu: object };
      pods: { podRef: object }[];
    }>();
    expect(summary.node).toMatchObject({ nodeName: "node-001", memory: { workingSetBytes: expect.any(Number) } });
    expect(summary.pods).toHaveLength(6);
    expect(summary.pods[0]).toMatchObject({ containers: [{ cpu: { usageNanoCores: expect.any(Number) } }] });
  });

  it.each([
    ["no credentials", undefined, 401],
    ["a token nobody issued", "made-up", 401],
  ])("are closed to %s", async (_, token, status) => {
    await using client = kubeletClient(cluster, 0, token);
    expect((await client("/metrics/resource")).status).toBe(status);
  });

  it("are closed to accounts without the right", async () => {
    await using client = kubeletClient(cluster, 0, cluster.serviceAccount("default", "curious").token);
    const answer = await client("/metrics/resource");
    expect([answer.status, answer.text]).toEqual([
      403,
      "Forbidden (user=system:serviceaccount:default:curious, verb=get, resource=nodes, subresource(s)=[metrics])\n",
    ]);
  });
});

describe("faults", () => {
  const scrape = async () => {
    // A connection of its own: what a fault does to connections must not depend on those before.
    await using client = kubeletClient(cluster, 1, cluster.metricsServerAccount().token);
    return await client("/metrics/resource");
  };
  const victim = () => cluster.nodes[1]!;

  it("answers 500, and 200 again when the fault is over", async () => {
    await victim().fault({ kind: "error" });
    expect((await scrape()).status).toBe(500);
    await victim().fault(undefined);
    expect((await scrape()).status).toBe(200);
  });

  it("says only that it could not collect, with status 200, when its container runtime is gone", async () => {
    await victim().fault({ kind: "runtime-gone" });
    const answer = await scrape();
    expect(answer.status).toBe(200);
    expect(samples(answer.text)).toEqual([expect.objectContaining({ name: "resource_scrape_error", value: 1 })]);
  });

  it("breaks the page off", async () => {
    await victim().fault({ kind: "truncated", share: 0.3 });
    await expect(scrape()).rejects.toThrow(/terminated|closed/);
  });

  it("sends garbage with status 200", async () => {
    await victim().fault({ kind: "garbage" });
    const answer = await scrape();
    expect(answer.status).toBe(200);
    expect(() => samples(answer.text)).toThrow(PageInvalid);
  });

  it("answers late", async () => {
    await victim().fault({ kind: "slow", delayMs: 40 });
    const started = performance.now();
    expect((await scrape()).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(35);
  });

  it("is gone, connections and all, and comes back on the same port", async () => {
    const { port } = victim();
    await victim().fault({ kind: "refuse" });
    await expect(scrape()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await victim().fault(undefined);
    expect(victim().port).toBe(port);
    expect((await scrape()).status).toBe(200);
  });

  it("shows a certificate of an authority nobody trusts", async () => {
    await victim().fault({ kind: "untrusted-certificate" });
    await expect(scrape()).rejects.toMatchObject({ code: expect.stringMatching(/CERT|VERIFY|SIGNATURE|ISSUER/) });
    await victim().fault(undefined);
    expect((await scrape()).status).toBe(200);
  });

  it("does not touch other nodes", async () => {
    await victim().fault({ kind: "refuse" });
    expect(samples(await resource()).length).toBeGreaterThan(0);
    await victim().fault(undefined);
  });
});

describe("this machine", () => {
  it("is a node with real numbers, and its processes are pods", async () => {
    await using real = await startSandbox({ nodes: 0, machine: { nodeName: "here" } });
    await using client = kubeletClient(real, 0, real.metricsServerAccount().token);
    const page = await resource(client);
    const container = valueOf(page, "container_cpu_usage_seconds_total", "sandbox");
    expect(container.labels.get("container")).toBe("sandbox");
    expect(container.value).toBeGreaterThan(0);
    const memory = valueOf(page, "container_memory_working_set_bytes", "sandbox").value;
    expect(memory).toBeGreaterThan(20 * 1024 * 1024);
    expect(valueOf(page, "node_memory_working_set_bytes").value).toBeGreaterThan(memory);
    expect(valueOf(page, "node_cpu_usage_seconds_total").value).toBeGreaterThan(container.value);
    const startMs = valueOf(page, "container_start_time_seconds", "sandbox").value * 1000;
    expect(Math.abs(startMs - (Date.now() - process.uptime() * 1000))).toBeLessThan(60_000);
  });

  it("loses the pod of a process that ended", async () => {
    await using real = await startSandbox({ nodes: 0, machine: { nodeName: "here", processes: [] } });
    await using admin = clientOf(real.kubeconfig("admin"));
    await using client = kubeletClient(real, 0, real.metricsServerAccount().token);
    // No process has this number: Linux gives out at most 2^22.
    real.addProcess({ pid: 2 ** 22 + 1, namespace: "default", pod: "short", container: "main" });
    expect((await admin("/api/v1/namespaces/default/pods/short")).status).toBe(200);
    expect(await resource(client)).not.toContain("short");
    await eventually(
      async () => (await admin("/api/v1/namespaces/default/pods/short")).status,
      (status) => status === 404,
    );
  });
});
