process.argv[2] = "30000";
import { labelsFrom } from "@kubemetrics/apimachinery";
import { resourceMetricsGroup } from "../src/index.ts";
const N = 30000,
  NS = 50;
const labels = Array.from({ length: 300 }, (_, i) =>
  labelsFrom({ app: "app-" + i, "pod-template-hash": "5d9c7b6f4" + i, tier: "backend" }),
);
const pods = Array.from({ length: N }, (_, i) => ({
  namespace: "ns-" + String(i % NS).padStart(3, "0"),
  name: "app-" + (i % 300) + "-5d9c7b6f4-" + i.toString(36).padStart(5, "0"),
  labels: labels[i % 300]!,
  version: i,
})).sort((a, b) => (a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : a.name < b.name ? -1 : 1));
let v = 1;
let now = 1772366400000;
const usage = new Map<string, Map<string, any>>();
for (const p of pods) {
  let m = usage.get(p.namespace);
  if (!m) usage.set(p.namespace, (m = new Map()));
  m.set(p.name, {
    nodeName: "n" + (v % 1000),
    version: v++,
    timeMs: now - (v % 15000),
    windowNs: 15e9 + (v % 200) * 1e6,
    committedMs: now,
    containers: [
      { name: "app", cpuNanocores: 150335822 + v * 17, memoryBytes: 12533760 + v * 4096 },
      { name: "sidecar", cpuNanocores: 1335822 + v, memoryBytes: 2533760 + v * 4096 },
    ],
  });
}
const known = { nodes: () => [], node: () => undefined, pods: (ns?: string) => pods, pod: () => undefined };
const group = resourceMetricsGroup({
  usage: { node: () => undefined, pod: (ns, n) => usage.get(ns)?.get(n) },
  known: known as any,
  clock: () => now,
});
const def = group.versions[0]!.resources[1]!;
const req = { namespace: undefined, name: undefined, labelSelector: "", fieldSelector: "" } as any;
let cur = 0;
const all = [...usage.values()].flatMap((m) => [...m.values()]);
function change(k: number) {
  for (let i = 0; i < k; i++) {
    const u = all[(cur = (cur + 7919) % all.length)]!;
    u.version = v++;
    u.timeMs = now;
    u.committedMs = now;
    u.containers[0].cpuNanocores += 12345;
  }
  now += 1000;
}
const times: number[] = [];
const c0 = process.cpuUsage();
for (let r = 0; r < 60; r++) {
  change(N / 15);
  const c = process.cpuUsage();
  (def.list!(req) as any).body("json");
  const d = process.cpuUsage(c);
  times.push((d.user + d.system) / 1000);
}
console.log(times.map((t) => t.toFixed(0)).join(" "), process.memoryUsage());
