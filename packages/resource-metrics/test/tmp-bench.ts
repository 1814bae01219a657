import { labelsFrom } from "@kubemetrics/apimachinery";
import { resourceMetricsGroup } from "../src/index.ts";
const N = Number(process.argv[2] ?? 30000),
  NS = Number(process.argv[3] ?? 50);
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
const byNs = new Map<string, any[]>();
for (const p of pods) {
  let l = byNs.get(p.namespace);
  if (!l) byNs.set(p.namespace, (l = []));
  l.push(p);
}
const byName = new Map(pods.map((p) => [p.namespace + "/" + p.name, p]));
const known = {
  nodes: () => [],
  node: () => undefined,
  pods: (ns?: string) => (ns === undefined ? pods : (byNs.get(ns) ?? [])),
  pod: (ns: string, n: string) => byName.get(ns + "/" + n),
};
let served = 0;
const group = resourceMetricsGroup({
  usage: { node: () => undefined, pod: (ns, n) => usage.get(ns)?.get(n) },
  known: known as any,
  clock: () => now,
  onServed: (a) => {
    served += a.length;
  },
});
const def = group.versions[0]!.resources[1]!;
const req = (o: any = {}) =>
  ({ namespace: undefined, name: undefined, labelSelector: "", fieldSelector: "", ...o }) as any;
function cpu(f: () => void) {
  const c = process.cpuUsage();
  const t = performance.now();
  f();
  const d = process.cpuUsage(c);
  return ((d.user + d.system) / 1000).toFixed(1) + "ms cpu " + (performance.now() - t).toFixed(1) + "ms";
}
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
const mb = () => {
  (globalThis as any).gc?.();
  const m = process.memoryUsage();
  return `rss ${(m.rss / 1e6).toFixed(0)} heap ${(m.heapUsed / 1e6).toFixed(0)} ab ${(m.arrayBuffers / 1e6).toFixed(0)}`;
};
console.log("base", mb());
const len = (s: any) => s.reduce((n: number, x: any) => n + x.length, 0);
for (const f of ["json", "protobuf"] as const) {
  for (let r = 0; r < 3; r++) {
    change(N);
    let b: any;
    console.log(
      f,
      "all changed",
      cpu(() => {
        b = (def.list!(req()) as any).body(f);
      }),
      b.length,
      len(b),
    );
  }
  for (let r = 0; r < 4; r++) {
    change(Math.floor(N / 15));
    console.log(
      f,
      "1/15 changed",
      cpu(() => {
        (def.list!(req()) as any).body(f);
      }),
    );
  }
  for (let r = 0; r < 3; r++)
    console.log(
      f,
      "unchanged",
      cpu(() => {
        (def.list!(req()) as any).body(f);
      }),
    );
  console.log(mb());
}
console.log(
  "yaml all",
  cpu(() => {
    (def.list!(req()) as any).body("yaml");
  }),
);
console.log(mb());
console.log(
  "table",
  cpu(() => {
    (def.list!(req()) as any).table();
  }),
);
console.log(
  "nodeName",
  cpu(() => {
    (def.list!(req({ fieldSelector: "spec.nodeName=n5" })) as any).body("json");
  }),
);
const sel = () => {
  for (let i = 0; i < 100; i++) {
    (
      def.list!(
        req({ namespace: "ns-" + String(i % NS).padStart(3, "0"), labelSelector: "app=app-" + ((i * 7) % 300) }),
      ) as any
    ).body("protobuf");
  }
};
console.log("100 HPA first", cpu(sel));
console.log("100 HPA same", cpu(sel));
change(N);
console.log("100 HPA changed", cpu(sel));
console.log(
  "100 gets",
  cpu(() => {
    for (let i = 0; i < 100; i++)
      (def.get!(req({ namespace: pods[i * 200]!.namespace, name: pods[i * 200]!.name })) as any).body("json");
  }),
);
console.log(served, mb());
