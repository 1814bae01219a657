/** Replays `kubelet-decode`: what metrics-server makes of a kubelet's answer, over real HTTP. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { same } from "@kubemetrics/conformance";
import type { AreaBinding, Deviation, VectorCase, Verdict } from "@kubemetrics/conformance";
import { KubeletClient, KubeletError, KubeletScraper, systemClock, type NodePoints } from "../src/index.ts";
import { allDecodeRules, modelDecode, type DecodeRule, type ModelBatch, type ModelPoint } from "./decode-model.ts";

interface RecordedPoint {
  readonly cpu: string;
  readonly mem: string;
  readonly ts: string;
  readonly start?: string;
}

export interface RecordedPage extends VectorCase {
  readonly status: number;
  readonly page?: string;
  readonly pageB64?: string;
  readonly gzip?: boolean;
  readonly cut?: boolean;
  readonly contentType?: string;
  readonly ok: boolean;
  readonly batch?: {
    readonly node: RecordedPoint | null;
    readonly pods: Readonly<Record<string, Readonly<Record<string, RecordedPoint>>>>;
  };
}

/** Points with numbers as text, so that both sides print alike. `undefined`: the scrape failed as a whole. */
export type ShownBatch =
  | { readonly node: RecordedPoint | null; readonly pods: Map<string, Map<string, RecordedPoint>> }
  | undefined;

/** The request's time in all replays. */
const requestMs = 1_234_567_890_123;

/** What the scraper commits for a recorded answer. */
export async function scraped(test: RecordedPage): Promise<ShownBatch> {
  const server = await answering(test);
  const { port } = server.address() as AddressInfo;
  const clock = { ...systemClock, now: () => requestMs };
  const client = new KubeletClient({ tls: () => ({}), plaintext: true, clock });
  let batch: ShownBatch;
  const sink = {
    commit(_: string, points: NodePoints) {
      batch = shown(points);
    },
  };
  const endpoint = { preferredAddressTypes: ["InternalIP"], port };
  const scraper = new KubeletScraper({ client, endpoint, sink, sources: ["resource"], clock });
  const addresses = [{ type: "InternalIP", address: "127.0.0.1" }];
  try {
    await scraper.scrape({ name: "node1", addresses, kubeletPort: 0, annotations: new Map() }, 5_000);
    return batch;
  } catch (error) {
    if (error instanceof KubeletError && error.code !== "INTERNAL") return undefined;
    throw error;
  } finally {
    client.close();
    server.close();
  }
}

export function recorded(test: RecordedPage): ShownBatch {
  if (!test.ok || test.batch === undefined) return undefined;
  const pods = Object.entries(test.batch.pods).map(
    ([pod, containers]) => [pod, new Map(Object.entries(containers))] as const,
  );
  return { node: test.batch.node, pods: new Map(pods) };
}

export function modelled(test: RecordedPage, rules: ReadonlySet<DecodeRule>): ShownBatch {
  if (test.status !== 200 || test.cut === true) return undefined;
  const batch = modelDecode(pageOf(test), rules);
  return batch === undefined ? undefined : shownModel(batch);
}

const reasons: readonly (readonly [name: string, rule: DecodeRule, reason: string])[] = [
  ["unterminated-line", "terminated", "a number that was cut is still a number, and a wrong one"],
  ["bad-lines-alone", "lines", "one bad line of a node must not cost the values of all its pods"],
  ["zero-is-a-value", "zero", "an idle container uses no CPU; leaving it out hides its whole pod"],
  ["cpu-line-time", "cpuTime", "rates are made of the CPU counter, so its time is the point's"],
  [
    "no-counter-no-value",
    "range",
    "NaN, infinite, negative and too large numbers became architecture-dependent integers",
  ],
  [
    "labels-are-parsed",
    "labels",
    "text search mistakes label names and values for each other, and crashes without labels",
  ],
  ["no-usage-is-a-failure", "usage", "a kubelet without its container runtime lost its values with no reason given"],
];

/** A rule is a deviation where it alone changes what the model answers; the answer given instead is the model's. */
const deviations: readonly Deviation[] = reasons.map(([name, rule, reason]) => ({
  name,
  reason,
  applies: (test) => {
    const page = test as RecordedPage;
    if (rule === "labels" && test.family === "labels" && test.upstreamDefect !== undefined) return true;
    if (rule === "range" && test.family === "values" && test.upstreamDefect !== undefined) return true;
    const without = new Set(allDecodeRules);
    without.delete(rule);
    return same(modelled(page, without), modelled(page, allDecodeRules)) !== undefined;
  },
  check: async (test) => same(modelled(test as RecordedPage, allDecodeRules), await scraped(test as RecordedPage)),
}));

export const areas: readonly AreaBinding[] = [
  {
    area: "kubelet-decode",
    check: async (test): Promise<Verdict> => same(recorded(test as RecordedPage), await scraped(test as RecordedPage)),
    deviations,
  },
];

function pageOf(test: RecordedPage): Buffer {
  return test.pageB64 === undefined ? Buffer.from(test.page ?? "") : Buffer.from(test.pageB64, "base64");
}

function answering(test: RecordedPage): Promise<Server> {
  const body = test.gzip === true ? gzipSync(pageOf(test)) : pageOf(test);
  const server = createServer((request, response) => {
    if (request.url !== "/metrics/resource") {
      response.writeHead(404).end();
      return;
    }
    const headers: Record<string, string | number> = {};
    if (test.contentType !== undefined) headers["content-type"] = test.contentType;
    if (test.gzip === true) headers["content-encoding"] = "gzip";
    if (test.status === 302) headers["location"] = "/elsewhere";
    if (test.cut === true) headers["content-length"] = body.length + 100;
    response.writeHead(test.status, headers);
    if (test.cut === true) response.write(body, () => response.destroy());
    else response.end(test.status === 204 ? undefined : body);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** The points of pods whose containers are all complete, as metrics-server's batch has them. */
function shown(points: NodePoints): ShownBatch {
  const pods = new Map<string, Map<string, RecordedPoint>>();
  const incomplete = new Set<string>();
  for (let row = 0; row < points.size; row++) {
    const { namespace, pod, container } = points.containers[row]!;
    const [cpu, mem, start] = [points.cpuNs[row]!, points.memoryBytes[row]!, points.startMs[row]!];
    if (Number.isNaN(cpu) && Number.isNaN(mem) && Number.isNaN(start)) continue;
    const key = `${namespace}/${pod}`;
    if (Number.isNaN(cpu) || Number.isNaN(mem)) incomplete.add(key);
    else {
      const startNs = Number.isNaN(start) ? undefined : ns(start, points.startNanos[row]!);
      const point = pointOf(cpu, mem, ns(points.timeMs[row]!, points.timeNanos[row]!), startNs);
      pods.set(key, (pods.get(key) ?? new Map<string, RecordedPoint>()).set(container, point));
    }
  }
  for (const key of incomplete) pods.delete(key);
  const hasNode = !Number.isNaN(points.nodeCpuNs) && !Number.isNaN(points.nodeMemoryBytes);
  const nodeTime = hasNode ? ns(points.nodeTimeMs, points.nodeTimeNanos) : 0n;
  return { node: hasNode ? pointOf(points.nodeCpuNs, points.nodeMemoryBytes, nodeTime, undefined) : null, pods };
}

function shownModel(batch: ModelBatch): ShownBatch {
  const point = ({ cpu, mem, ts, start }: ModelPoint): RecordedPoint => ({
    cpu: String(cpu ?? 0n),
    mem: String(mem ?? 0n),
    ts: String(ts),
    ...(start === undefined ? {} : { start: String(start) }),
  });
  const pods = [...batch.pods].map(
    ([key, containers]) => [key, new Map([...containers].map(([name, of]) => [name, point(of)]))] as const,
  );
  return { node: batch.node === undefined ? null : point(batch.node), pods: new Map(pods) };
}

function pointOf(cpu: number, mem: number, ts: bigint, start: bigint | undefined): RecordedPoint {
  const isRequest = ts === BigInt(requestMs) * 1_000_000n;
  return {
    cpu: String(BigInt(cpu)),
    mem: String(BigInt(mem)),
    ts: isRequest ? "request" : String(ts),
    ...(start === undefined ? {} : { start: String(start) }),
  };
}

function ns(ms: number, nanos: number): bigint {
  return BigInt(ms) * 1_000_000n + BigInt(nanos);
}
