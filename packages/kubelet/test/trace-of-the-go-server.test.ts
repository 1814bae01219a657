/**
 * The whole path from page to answer beside metrics-server v0.9.0: for 54 seconds a real kubelet's page and what the Go
 * server (resolution 10 s) answered at that second were recorded. It scraped at about :10, :20 …, between two recorded
 * pages; which of both it saw is not known, so every combination is tried, and one must explain all answers.
 *
 * A container's first readings are made at the moment of the request, so what the Go server saw of the containers that
 * had just started is on neither page: their windows may differ by the second between the pages, and their rates a little.
 */
import { readFileSync } from "node:fs";
import { bundledKubeletPages } from "@kubemetrics/conformance";
import { UsageStore, type PodUsage } from "@kubemetrics/usage";
import { describe, expect, test } from "vitest";
import { ResourceDecoder } from "../src/index.ts";
import { bytes, nanocores, nanoseconds } from "./support/api-text.ts";

const folder = `${bundledKubeletPages}trace-metrics-server-v0.9.0/`;
const resolutionMs = 10_000;
/** Seconds of the trace at which the Go server's answers became others. */
const scrapes = [5, 15, 25, 35, 45];

interface Usage {
  readonly cpu: string;
  readonly memory: string;
}

interface Item {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly timestamp: string;
  readonly window: string;
  readonly usage?: Usage;
  readonly containers?: readonly { readonly name: string; readonly usage: Usage }[];
}

describe("the trace of the Go metrics-server", () => {
  const differences = combinations(scrapes.length).map((earlier) => ({ earlier, found: replay(earlier) }));

  test("some choice of the pages it scraped gives exactly its answers", () => {
    const best = differences.toSorted((a, b) => a.found.length - b.found.length)[0];
    expect(best?.found).toEqual([]);
  });

  test("a wrong choice of pages shows, so the comparison is sharp", () => {
    expect(differences.filter(({ found }) => found.length > 0).length).toBeGreaterThan(0);
  });
});

/** Replays the scrapes, each with its own page or the one a second earlier, and lists where the answers differ. */
function replay(earlier: readonly boolean[]): string[] {
  let nowMs = 0;
  const store = new UsageStore({ resolutionMs, clock: () => nowMs });
  const decoder = new ResourceDecoder("realnode-1");
  const found: string[] = [];
  let listed = new Set<string>();
  for (const [index, second] of scrapes.entries()) {
    const page = read(earlier[index] === true ? second - 1 : second, "metrics-resource.txt");
    nowMs = Number(read(second, "clock")) * 1000;
    store.commit("realnode-1", decoder.decode(Buffer.from(page), nowMs).points);
    const pods = items(second, "pods.json");
    const now = new Set(pods.map(keyOf));
    // The Go server lists what its pod watch has; a pod it stops listing was deleted.
    for (const key of listed) if (!now.has(key)) store.podGone(...split(key));
    listed = now;
    // Points from before the trace are unknown: answers count from the second scrape on.
    if (index === 0) continue;
    for (const item of items(second, "nodes.json")) {
      const usage = store.node(item.metadata.name);
      if (usage === undefined) found.push(`${second}: node missing`);
      else found.push(...compare(`${second}: node`, item, usage, [["", item.usage, usage]]));
    }
    for (const item of pods) {
      const usage = store.pod(...split(keyOf(item)));
      if (usage === undefined) {
        // Its reading has been repeated since before the trace, so its window began there.
        const isOlder = Date.parse(item.timestamp) < nowMs - resolutionMs && index === 1;
        if (!isOlder) found.push(`${second}: ${keyOf(item)} missing`);
      } else {
        const isUnseen = readAtRequest(scrapes[index - 1]!, item.metadata.name);
        found.push(...comparePod(`${second}: ${keyOf(item)}`, item, usage, isUnseen));
      }
    }
  }
  return found;
}

function comparePod(where: string, item: Item, usage: PodUsage, isUnseen: boolean): string[] {
  const wanted = item.containers?.toSorted((a, b) => (a.name < b.name ? -1 : 1)) ?? [];
  const names = usage.containers.map((container) => container.name).join();
  if (names !== wanted.map((container) => container.name).join()) return [`${where}: containers ${names}`];
  const pairs = wanted.map((container, at) => [container.name, container.usage, usage.containers[at]!] as const);
  if (!isUnseen) return compare(where, item, usage, pairs);
  const windowNs = nanoseconds(item.window);
  if (Math.abs(windowNs - usage.windowNs) > 1.1e9)
    return [`${where} window: ${windowNs} there, ${usage.windowNs} here`];
  return compare(
    where,
    item,
    { timeMs: usage.timeMs, windowNs },
    pairs.map(([name, there, here]) => {
      const cpu = nanocores(there.cpu);
      const isNear = Math.abs(cpu - here.cpuNanocores) <= cpu * 0.05;
      return [name, there, isNear ? { ...here, cpuNanocores: cpu } : here] as const;
    }),
  );
}

/** Whether a container of the pod carries another reading on each of the two pages around a scrape, both just made. */
function readAtRequest(second: number, pod: string): boolean {
  const times = [second - 1, second].map((at) => {
    const line = read(at, "metrics-resource.txt")
      .split("\n")
      .find(
        (candidate) => candidate.startsWith("container_cpu_usage_seconds_total") && candidate.includes(`pod="${pod}"`),
      );
    return { ageMs: Number(read(at, "clock")) * 1000 - Number(line?.split(" ").at(-1)), line };
  });
  return times[0]?.line !== times[1]?.line && times.every(({ ageMs }) => ageMs < 1_000);
}

function compare(
  where: string,
  item: Item,
  usage: { readonly timeMs: number; readonly windowNs: number },
  containers: readonly (readonly [
    name: string,
    wanted: Usage | undefined,
    got: { readonly cpuNanocores: number; readonly memoryBytes: number },
  ])[],
): string[] {
  const differences: string[] = [];
  const say = (what: string, wanted: unknown, got: unknown): void => {
    if (wanted !== got) differences.push(`${where} ${what}: ${String(wanted)} there, ${String(got)} here`);
  };
  say("timestamp", Date.parse(item.timestamp), Math.floor(usage.timeMs / 1000) * 1000);
  say("window", nanoseconds(item.window), usage.windowNs);
  for (const [name, wanted, got] of containers) {
    say(`${name} cpu`, nanocores(wanted?.cpu ?? ""), got.cpuNanocores);
    say(`${name} memory`, bytes(wanted?.memory ?? ""), got.memoryBytes);
  }
  return differences;
}

function combinations(length: number): boolean[][] {
  return Array.from({ length: 2 ** length }, (_, bits) => Array.from({ length }, (__, at) => ((bits >> at) & 1) === 1));
}

function read(second: number, what: string): string {
  return readFileSync(`${folder}${String(second).padStart(2, "0")}.${what}`, "utf8");
}

function items(second: number, what: string): readonly Item[] {
  return (JSON.parse(read(second, what)) as { items: readonly Item[] }).items;
}

function keyOf(item: Item): string {
  return `${item.metadata.namespace ?? ""}/${item.metadata.name}`;
}

function split(key: string): [namespace: string, name: string] {
  const [namespace = "", name = ""] = key.split("/");
  return [namespace, name];
}
