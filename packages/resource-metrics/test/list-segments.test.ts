import type { ApiGroup, BodyFormat } from "@kubemetrics/apiservice";
import { beforeEach, describe, expect, it } from "vitest";
import { resourceMetricsGroup } from "../src/index.ts";
import { bodyText, FixedUsage, get, list, startMs } from "./asking.ts";
import { FixedCluster } from "./fixed-cluster.ts";

let nowMs: number;
let cluster: FixedCluster;
let usage: FixedUsage;
let group: ApiGroup;

/** A thousand pods: seven segments of JSON. */
beforeEach(() => {
  nowMs = startMs;
  cluster = new FixedCluster();
  usage = new FixedUsage();
  group = resourceMetricsGroup({ usage, known: cluster, clock: () => nowMs });
  for (let index = 0; index < 1000; index++) {
    const name = nameOf(index);
    cluster.putPod({ namespace: "default", name, labels: { app: index % 2 === 0 ? "even" : "odd" } });
    usage.putPod("default", name);
  }
});

function nameOf(index: number): string {
  return `pod-${String(index).padStart(4, "0")}`;
}

function body(format: BodyFormat = "json", asked = {}): readonly Uint8Array[] {
  return list(group, "pods", asked).body(format);
}

/** How many of the segments before are there again, as the same objects. */
function again(before: readonly Uint8Array[], after: readonly Uint8Array[]): number {
  return after.filter((segment) => before.includes(segment)).length;
}

describe("the segments of a list", () => {
  it("are the same objects while nothing changes, ends included: what was made of them can be kept", () => {
    const first = body();
    expect(first.length).toBeGreaterThan(7);
    expect(again(first, body())).toBe(first.length);
  });

  it("are shared by both versions, but for the head", () => {
    const v1 = body("json", { version: "v1" });
    expect(again(v1, body("json", { version: "v1beta1" }))).toBe(v1.length - 1);
  });

  it.each(["json", "yaml"] as const)("change alone when one pod changes (%s)", (format) => {
    const first = body(format);
    usage.putPod("default", nameOf(500));
    const second = body(format);
    expect([second.length, again(first, second)]).toEqual([first.length, first.length - 1]);
  });

  it("stay as they were for those who got them", () => {
    const first = body();
    const text = Buffer.concat(first).toString("utf8");
    for (let index = 0; index < 1000; index += 7) usage.putPod("default", nameOf(index), { windowNs: 30e9 });
    expect(bodyText(list(group, "pods"))).not.toBe(text);
    expect(Buffer.concat(first).toString("utf8")).toBe(text);
  });

  it.each([
    ["comes at the front", () => cluster.putPod({ namespace: "a", name: "new", labels: null })],
    ["comes in the middle", () => cluster.putPod({ namespace: "default", name: "pod-0500-x", labels: null })],
    ["goes from the middle", () => cluster.removePod("default", nameOf(500))],
    [
      "is another one with the same name",
      () => cluster.putPod({ namespace: "default", name: nameOf(3), labels: { app: "x" } }),
    ],
  ])("stay, but one or two, when a pod %s", (_, change) => {
    const first = body();
    change();
    usage.putPod("a", "new");
    expect(again(first, body())).toBeGreaterThanOrEqual(first.length - 3);
  });

  it("leave out a pod whose usage went, and show it again", () => {
    const whole = bodyText(list(group, "pods"));
    usage.removePod("default", nameOf(0));
    expect(bodyText(list(group, "pods"))).not.toContain(nameOf(0));
    usage.putPod("default", nameOf(0));
    expect(bodyText(list(group, "pods"))).toBe(whole);
  });

  it("are forgotten in a format that nobody asked for during five minutes", () => {
    const json = body("json");
    nowMs += 4 * 60_000;
    body("protobuf");
    expect(again(json, body("json"))).toBe(json.length);
    nowMs += 6 * 60_000;
    body("protobuf");
    expect(again(json, body("json"))).toBe(0);
  });

  it("are kept within the budget: the list used last stays", () => {
    group = resourceMetricsGroup({ usage, known: cluster, clock: () => nowMs, maxListBytes: 200_000 });
    const all = body();
    expect(again(all, body())).toBe(all.length);
    const odd = body("json", { labelSelector: "app=odd" });
    expect(again(odd, body("json", { labelSelector: "app=odd" }))).toBe(odd.length);
    expect(again(all, body())).toBeLessThan(3);
  });
});

describe("an object that is listed", () => {
  it.each(["json", "protobuf"] as const)("is encoded once, however it is asked for (%s)", (format) => {
    let encoded = 0;
    const counting = {
      node: () => undefined,
      pod: (namespace: string, name: string) => {
        const found = usage.pod(namespace, name);
        if (found === undefined) return undefined;
        return Object.defineProperty({ ...found }, "containers", { get: () => (encoded++, found.containers) });
      },
    };
    group = resourceMetricsGroup({ usage: counting, known: cluster, clock: () => nowMs });
    body(format);
    const afterFirst = encoded;
    body(format, { namespace: "default" });
    body(format, { labelSelector: "app=even" });
    expect([afterFirst, encoded]).toEqual([1000, 1000]);
  });

  it("is the same alone as in the list", () => {
    const { items } = JSON.parse(bodyText(list(group, "pods"))) as { items: object[] };
    const one = JSON.parse(bodyText(get(group, "pods", { namespace: "default", name: nameOf(7) }))) as object;
    expect(one).toEqual({ kind: "PodMetrics", apiVersion: "metrics.k8s.io/v1", ...items[7] });
  });
});

describe("usage that throws", () => {
  it("fails the request and spoils nothing that is kept", () => {
    let isBroken = false;
    const view = {
      node: () => undefined,
      pod: (namespace: string, name: string) => {
        const found = usage.pod(namespace, name);
        return isBroken && name === nameOf(700) && found !== undefined
          ? { ...found, version: -5, containers: [{ name: "app", cpuNanocores: Number.NaN, memoryBytes: 1 }] }
          : found;
      },
    };
    group = resourceMetricsGroup({ usage: view, known: cluster, clock: () => nowMs });
    const whole = bodyText(list(group, "pods"));
    isBroken = true;
    expect(() => body()).toThrow(RangeError);
    isBroken = false;
    expect(bodyText(list(group, "pods"))).toBe(whole);
  });
});
