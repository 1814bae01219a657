import { StatusError } from "@kubemetrics/apimachinery";
import { bundledVectorFile } from "@kubemetrics/conformance";
import { describe, expect, it } from "vitest";
import { resourceMetricsGroup } from "../src/index.ts";
import { bodyText, container, FixedUsage, get, list, namesIn, startMs } from "./asking.ts";
import { FixedCluster } from "./fixed-cluster.ts";
import { LiveServer } from "./live-server.ts";

const cluster = new FixedCluster(
  [
    { name: "node-a", labels: { zone: "a" } },
    { name: "node-b", labels: { zone: "b" } },
    { name: "node-c", labels: null },
  ],
  [
    { namespace: "default", name: "web-1", labels: { app: "web" } },
    { namespace: "default", name: "web-2", labels: { app: "web" } },
    { namespace: "kube-system", name: "dns", labels: { "k8s-app": "dns" } },
    { namespace: "kube-system", name: "quiet", labels: null },
  ],
);
const usage = new FixedUsage();
usage.putNode("node-a");
usage.putNode("node-b", { cpuNanocores: 2_000_000_000, timeMs: startMs - 9000 });
usage.putPod("default", "web-1", { containers: [container("app"), container("side", 5, 1000)] });
usage.putPod("default", "web-2", { nodeName: "node-b", timeMs: startMs - 7000 });
usage.putPod("kube-system", "dns", { nodeName: "node-b", containers: [] });
const options = { usage, known: cluster, clock: () => startMs };

describe("metrics.k8s.io", () => {
  it("is served as v1 and v1beta1, v1 first, with the same objects", () => {
    const group = resourceMetricsGroup(options);
    expect(group.versions.map(({ version }) => version)).toEqual(["v1", "v1beta1"]);
    const v1 = bodyText(list(group, "pods", { version: "v1" }));
    expect(bodyText(list(group, "pods", { version: "v1beta1" }))).toBe(
      v1.replace("metrics.k8s.io/v1", "metrics.k8s.io/v1beta1"),
    );
  });

  it("answers kubectl's requests from a live server in both versions", async () => {
    await using server = await LiveServer.start(resourceMetricsGroup(options));
    const asked = ["v1", "v1beta1"].map(async (version) => {
      const target = `/apis/metrics.k8s.io/${version}/namespaces/default/pods/web-1`;
      const { status, body } = await server.ask({ method: "GET", target, headers: [["Accept", "application/json"]] });
      return [status, (JSON.parse(body.toString("utf8")) as { apiVersion: string }).apiVersion];
    });
    expect(await Promise.all(asked)).toEqual([
      [200, "metrics.k8s.io/v1"],
      [200, "metrics.k8s.io/v1beta1"],
    ]);
  });

  it("gives an object the time its value came as creationTimestamp, whenever it is asked for", () => {
    const later = resourceMetricsGroup({ ...options, clock: () => startMs + 60_000 });
    expect(JSON.parse(bodyText(get(later, "nodes", { name: "node-a" })))).toMatchObject({
      metadata: { creationTimestamp: "2026-03-01T11:59:59Z" },
      timestamp: "2026-03-01T11:59:56Z",
      window: "15s",
      usage: { cpu: "250m", memory: "1Mi" },
    });
  });
});

describe("a window of many months, as after a node's clock was set, takes no list away", () => {
  const jumped = new FixedUsage();
  jumped.putNode("node-a");
  jumped.putNode("node-b", { windowNs: 1.7e18 });
  jumped.putNode("node-c", { windowNs: 2.5e20 });
  const group = resourceMetricsGroup({ ...options, usage: jumped });

  it.each(["json", "yaml"] as const)("as %s", (format) => {
    const windows = bodyText(list(group, "nodes"), format).matchAll(/window"?: ?"?([\w.]+)/g);
    // Go's longest duration is 2^63 - 1 nanoseconds; a longer window reads so there too.
    expect([...windows].map(([, window]) => window)).toEqual(["15s", "472222h13m20s", "2562047h47m16.854775807s"]);
  });

  it("as protobuf", () => {
    expect(list(group, "nodes").body("protobuf").length).toBeGreaterThan(0);
  });

  it("as a table", () => {
    const { rows } = list(group, "nodes").table!();
    expect(rows.map(({ cells }) => cells[3])).toEqual(["15s", "472222h13m20s", "2562047h47m16.854775807s"]);
  });
});

describe("selectors", () => {
  const group = resourceMetricsGroup(options);
  it.each([
    ["pods", { labelSelector: "app=web" }, ["web-1", "web-2"]],
    ["pods", { labelSelector: "app!=web" }, ["dns"]],
    ["pods", { namespace: "default", fieldSelector: "metadata.name!=web-1" }, ["web-2"]],
    ["pods", { fieldSelector: "metadata.namespace=kube-system" }, ["dns"]],
    ["pods", { namespace: "default", fieldSelector: "metadata.namespace=kube-system" }, []],
    ["pods", { fieldSelector: "spec.nodeName=node-b" }, ["web-2", "dns"]],
    ["pods", { fieldSelector: "spec.nodeName!=node-b" }, ["web-1"]],
    ["pods", { fieldSelector: "spec.nodeName=node-b,metadata.name=dns", labelSelector: "k8s-app" }, ["dns"]],
    ["pods", { fieldSelector: "spec.nodeName=node-b,spec.nodeName=node-a" }, []],
    ["pods", { fieldSelector: "spec.nodeName=" }, []],
    ["nodes", { labelSelector: "zone in (a,b)" }, ["node-a", "node-b"]],
    ["nodes", { fieldSelector: "metadata.name=node-b" }, ["node-b"]],
  ])("select %s by %j", (resource, asked, names) => {
    expect(namesIn(list(group, resource, asked))).toEqual(names);
    const rows = list(group, resource, asked).table?.().rows ?? [];
    expect(rows.map(({ cells }) => cells[0])).toEqual(names);
  });

  it("are refused with a 400 when they do not parse", () => {
    expect(() => list(group, "pods", { labelSelector: "a b" })).toThrow(StatusError);
    expect(() => list(group, "nodes", { fieldSelector: "spec.nodeName=a" })).toThrow(
      '"spec.nodeName" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });

  it("follow labels that change", () => {
    const known = new FixedCluster([], [{ namespace: "n", name: "p", labels: { app: "a" } }]);
    const view = new FixedUsage();
    view.putPod("n", "p");
    const changing = resourceMetricsGroup({ usage: view, known, clock: () => startMs });
    const asked = { namespace: "n", labelSelector: "app=b" };
    expect(namesIn(list(changing, "pods", asked))).toEqual([]);
    known.putPod({ namespace: "n", name: "p", labels: { app: "b" } });
    expect(namesIn(list(changing, "pods", asked))).toEqual(["p"]);
  });
});

describe("a table", () => {
  it("adds up the containers of a pod, and shows none as zero", () => {
    const { rows, columns } = list(resourceMetricsGroup(options), "pods").table?.() ?? { rows: [], columns: [] };
    expect(columns.map(({ name }) => name)).toEqual(["Name", "cpu", "memory", "Window"]);
    expect(rows.map(({ cells }) => cells)).toEqual([
      ["web-1", "100000005n", "2098152", "15s"],
      ["web-2", "100m", "2Mi", "15s"],
      ["dns", "0", "0", "15s"],
    ]);
  });
});

describe("onServed", () => {
  it("gets the age of every object of an answer, once per request", () => {
    const seen: number[][] = [];
    const group = resourceMetricsGroup({ ...options, onServed: (ages) => seen.push([...ages]) });
    list(group, "pods").body("json");
    list(group, "pods").body("protobuf");
    list(group, "pods", { labelSelector: "app=web" }).table?.();
    list(group, "pods", { fieldSelector: "spec.nodeName=node-b" }).body("json");
    list(group, "nodes").partialMetadata?.();
    get(group, "nodes", { name: "node-b" });
    list(group, "pods", { namespace: "nowhere" }).body("json");
    expect(seen).toEqual([[4000, 7000, 4000], [4000, 7000, 4000], [4000, 7000], [7000, 4000], [4000, 9000], [9000]]);
  });

  it.each(["table", "body"])("gets all ages of a long list (%s)", (form) => {
    const names = Array.from({ length: 1000 }, (_, index) => `pod-${String(index).padStart(4, "0")}`);
    const many = new FixedCluster(
      [],
      names.map((name) => ({ namespace: "default", name, labels: null })),
    );
    const known = new FixedUsage();
    for (const [index, name] of names.entries()) known.putPod("default", name, { timeMs: startMs - index - 1 });
    const seen: number[][] = [];
    const group = resourceMetricsGroup({
      usage: known,
      known: many,
      clock: () => startMs,
      onServed: (ages) => seen.push([...ages]),
    });
    const answer = list(group, "pods");
    if (form === "table") answer.table?.();
    else answer.body("json");
    expect(seen).toEqual([names.map((_, index) => index + 1)]);
  });
});

describe("OpenAPI schemas", () => {
  interface Document {
    readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
  }

  /** Descriptions are our own words. */
  function withoutDescriptions(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value), (key, member: unknown) => (key === "description" ? undefined : member));
  }

  it("have the structure of the recorded server's", () => {
    const recorded = bundledVectorFile("http-transcripts").cases.find(({ id }) => id === "openapi-002");
    const { body } = recorded === undefined ? { body: "" } : (recorded["res"] as { readonly body: string });
    const { schemas } = (JSON.parse(body) as Document).components;
    const ours = resourceMetricsGroup({ ...options, versions: ["v1beta1"] }).versions[0]?.openApi?.schemas ?? {};
    const own = Object.keys(ours).filter((name) => name.includes("metrics"));
    expect(own).toHaveLength(5);
    for (const name of own) expect(withoutDescriptions(ours[name])).toEqual(withoutDescriptions(schemas[name]));
  });

  it("refer only to schemas that are there", () => {
    for (const { openApi } of resourceMetricsGroup(options).versions) {
      const names = [...JSON.stringify(openApi).matchAll(/#\/components\/schemas\/([^"]+)/g)].map(([, name]) => name);
      expect(names.length).toBeGreaterThan(10);
      expect(names.filter((name) => openApi?.schemas[name ?? ""] === undefined)).toEqual([]);
    }
  });
});
