/** From a kubelet's bytes to usage, over real TLS. */
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { bundledKubeletPages } from "@kubemetrics/conformance";
import { UsageStore } from "@kubemetrics/usage";
import { describe, expect, test } from "vitest";
import {
  KubeletScraper,
  ScrapeSchedule,
  type KubeletError,
  type NodePoints,
  type PointSource,
  type ScrapeReport,
  type ScrapeTarget,
} from "../src/index.ts";
import { fakeKubelet, node, trusting, type FakeKubelet } from "./support/fake-kubelet.ts";
import { ManualClock } from "./support/manual-clock.ts";
import { plain, resourcePage } from "./support/points.ts";

const cadvisorPage = readFileSync(`${bundledKubeletPages}steady-04/metrics-cadvisor.txt`);
const summaryPage = readFileSync(`${bundledKubeletPages}steady-04/stats-summary.json`);

function target(kubelet: FakeKubelet, name = node, annotations: Record<string, string> = {}): ScrapeTarget {
  return {
    name,
    addresses: [{ type: "InternalIP", address: kubelet.endpoint.address }],
    kubeletPort: kubelet.endpoint.port,
    annotations: new Map(Object.entries(annotations)),
  };
}

function scraperOf(sources?: readonly PointSource[]): {
  scraper: KubeletScraper;
  clock: ManualClock;
  committed: { node: string; names: string[] }[];
} {
  const clock = new ManualClock();
  const committed: { node: string; names: string[] }[] = [];
  const sink = {
    commit(name: string, points: NodePoints) {
      committed.push({ node: name, names: [...plain(points).keys()] });
    },
  };
  const endpoint = { preferredAddressTypes: ["InternalIP"], port: 1, useNodeStatusPort: true };
  return { scraper: new KubeletScraper({ client: trusting(), endpoint, sink, sources, clock }), clock, committed };
}

/** Answers by path; 404 for the others. */
function serving(pages: Readonly<Record<string, Buffer | string>>, asked: string[] = []): RequestListener {
  return (request, response) => {
    asked.push(request.url ?? "");
    const page = pages[request.url ?? ""];
    if (page === undefined) response.writeHead(404).end();
    else response.end(page);
  };
}

test("a scrape commits the page's points and says what it got", async () => {
  const page = Buffer.concat([
    resourcePage([
      ["a/p/c", 1, 2, 3],
      ["a/p/d", Number.NaN, 2, 3],
    ]),
    Buffer.from("foo{\n"),
  ]);
  await using kubelet = await fakeKubelet(serving({ "/metrics/resource": page }));
  const { scraper, committed } = scraperOf();
  const result = await scraper.scrape(target(kubelet), 5_000);
  expect(result).toMatchObject({
    source: "resource",
    pageBytes: page.length,
    containers: 1,
    rejected: 2,
    rejectedBy: { labels: 1, "value-range": 1 },
  });
  expect(committed).toEqual([{ node, names: ["a/p/c", "a/p/d"] }]);
  scraper.forget(node);
});

describe("a kubelet without the resource endpoint", () => {
  test("is asked for cadvisor's page instead, and for the resource page again after ten minutes", async () => {
    const asked: string[] = [];
    const pages: Record<string, Buffer> = { "/metrics/cadvisor": cadvisorPage };
    await using kubelet = await fakeKubelet(serving(pages, asked));
    const { scraper, clock, committed } = scraperOf();
    const of = target(kubelet);
    expect(await scraper.scrape(of, 5_000)).toMatchObject({ source: "cadvisor", containers: 7 });
    expect(await scraper.scrape(of, 5_000)).toMatchObject({ source: "cadvisor" });
    expect(asked).toEqual(["/metrics/resource", "/metrics/cadvisor", "/metrics/cadvisor"]);
    pages["/metrics/resource"] = resourcePage([["a/p/c", 1, 2, 3]]);
    await clock.advance(600_000);
    expect(await scraper.scrape(of, 5_000)).toMatchObject({ source: "resource", containers: 1 });
    expect(committed.at(-1)).toEqual({ node, names: ["a/p/c"] });
    scraper.forget(node);
  });

  test("and without any other is reported by its last answer", async () => {
    await using kubelet = await fakeKubelet(serving({}));
    const { scraper } = scraperOf();
    await expect(scraper.scrape(target(kubelet), 5_000)).rejects.toMatchObject({ code: "NOT_FOUND" });
    scraper.forget(node);
  });

  test("but with a path of its own is not asked for anything else", async () => {
    const asked: string[] = [];
    await using kubelet = await fakeKubelet(serving({ "/metrics/cadvisor": cadvisorPage }, asked));
    const { scraper } = scraperOf();
    const of = target(kubelet, node, { "metrics.k8s.io/resource-metrics-path": "/mine" });
    await expect(scraper.scrape(of, 5_000)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(asked).toEqual(["/mine"]);
    scraper.forget(node);
  });
});

test("the summary can be the source", async () => {
  await using kubelet = await fakeKubelet(serving({ "/stats/summary": summaryPage }));
  const { scraper, committed } = scraperOf(["summary"]);
  expect(await scraper.scrape(target(kubelet), 5_000)).toMatchObject({ source: "summary", containers: 7 });
  expect(committed[0]?.names).toContain("work/sidecars/main");
  scraper.forget(node);
});

test("a forgotten node's answer is not committed", async () => {
  const arrived = Promise.withResolvers<() => void>();
  await using kubelet = await fakeKubelet((_, response) => {
    arrived.resolve(() => response.end(resourcePage([["a/p/c", 1, 2, 3]])));
  });
  const { scraper, committed } = scraperOf();
  const scrape = scraper.scrape(target(kubelet), 5_000);
  scrape.catch(() => {});
  const answer = await arrived.promise;
  scraper.forget(node);
  answer();
  await expect(scrape).rejects.toMatchObject({ code: "CLOSED" });
  expect(committed).toEqual([]);
});

/** As Kubernetes 1.37's kubelet answers then, with status 200. */
const runtimeGone = `# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise
# TYPE resource_scrape_error gauge
resource_scrape_error 1
`;

test.each([
  [
    "whose container runtime does not answer",
    runtimeGone,
    /could not collect any \(scrape_error 1\); check that the node's container runtime/,
  ],
  ["that answers nothing", "", /has no usage.*: 0 bytes without/],
])("a kubelet %s failed, with the reason", async (_, page, reason) => {
  await using kubelet = await fakeKubelet((_request, response) => void response.end(page));
  const { scraper, committed } = scraperOf();
  const scrape = scraper.scrape(target(kubelet), 5_000);
  await expect(scrape).rejects.toMatchObject({ code: "NO_USAGE", message: expect.stringMatching(reason) as string });
  expect(committed).toEqual([]);
  scraper.forget(node);
});

test("values outlive a kubelet that dies, answers garbage, or is cut off, for the bounded age, with their own time", async () => {
  let readings = 0;
  let fault: "none" | "garbage" | "truncated" | "error" = "none";
  const clock = new ManualClock(1_700_000_000_000);
  await using kubelet = await fakeKubelet((_, response) => {
    readings++;
    const page = resourcePage([["a/p/c", readings, 4_096, clock.now() - 500]], [10 * readings, 8_192, clock.now()]);
    if (fault === "error") response.writeHead(500).end("out of order");
    else if (fault === "garbage") response.end("\u0000garbage\n");
    else if (fault === "truncated")
      response.writeHead(200, { "content-length": page.length * 2 }).write(page, () => response.destroy());
    else response.end(page);
  });
  const store = new UsageStore({ resolutionMs: 15_000, clock: () => clock.now() });
  const client = trusting();
  const endpoint = { preferredAddressTypes: ["InternalIP"], port: 1, useNodeStatusPort: true };
  const scraper = new KubeletScraper({ client, endpoint, sink: store, clock });
  const of = target(kubelet);
  const codes: string[] = [];
  const scrape = async (): Promise<void> => {
    await scraper.scrape(of, 5_000).catch((error: KubeletError) => codes.push(error.code));
    await clock.advance(15_000);
  };
  await scrape();
  await scrape();
  const good = { cpuNanocores: 66_666_666, memoryBytes: 4_096 };
  const timeMs = 1_700_000_014_500;
  expect(store.pod("a", "p")).toMatchObject({
    nodeName: node,
    timeMs,
    windowNs: 15e9,
    containers: [{ name: "c", ...good }],
  });
  for (fault of ["garbage", "truncated"] as const) {
    await scrape();
    expect(store.pod("a", "p")).toMatchObject({ timeMs, containers: [good] });
    expect(store.node(node)).toMatchObject({ timeMs: 1_700_000_015_000 });
  }
  fault = "error";
  await scrape();
  expect([store.pod("a", "p"), store.node(node)]).toEqual([undefined, undefined]);
  expect(codes).toEqual(["NOT_METRICS", "TRUNCATED", "STATUS"]);
  client.close();
});

test("the schedule keeps every node's usage fresh over one connection each, while one of them is dead", async () => {
  const connectionsOf = new Map<string, Set<unknown>>();
  await using kubelet = await fakeKubelet((request, response) => {
    const name = request.url?.slice(1) ?? "";
    connectionsOf.set(name, (connectionsOf.get(name) ?? new Set()).add(request.socket));
    if (name === "node-3") response.writeHead(500).end();
    else response.end(resourcePage([[`a/${name}/c`, performance.now() / 1000, 1, Date.now()]]));
  });
  const names = Array.from({ length: 25 }, (_, at) => `node-${at}`);
  const targets = names.map((name) => target(kubelet, name, { "metrics.k8s.io/resource-metrics-path": `/${name}` }));
  // Generous limits: a busy machine must not look like a dead kubelet.
  const store = new UsageStore({ resolutionMs: 200, maxAgeMs: 60_000, clock: Date.now });
  const client = trusting();
  const endpoint = { preferredAddressTypes: ["InternalIP"], port: 1, useNodeStatusPort: true };
  const reports = new Map<string, ScrapeReport[]>(names.map((name) => [name, []]));
  const enough = Promise.withResolvers<void>();
  const schedule = new ScrapeSchedule({
    scraper: new KubeletScraper({ client, endpoint, sink: store }),
    targets: { targets: () => targets },
    periodMs: 200,
    timeoutMs: 10_000,
    observers: [
      {
        scraped(report) {
          reports.get(report.node)?.push(report);
          if ([...reports.values()].every((list) => list.length >= 3)) enough.resolve();
        },
      },
    ],
  });
  schedule.start();
  await enough.promise;
  await schedule.close();
  client.close();
  for (const name of names) {
    const isDead = name === "node-3";
    expect(reports.get(name)?.every((report) => (report.error?.code === "STATUS") === isDead)).toBe(true);
    expect(connectionsOf.get(name)?.size).toBe(1);
    expect(store.pod("a", name) === undefined).toBe(isDead);
  }
});
