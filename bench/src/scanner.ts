/** The byte scanner, the strict reader and `parse()` against parse-prometheus-text-format on kubelet pages. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { bundledKubeletPages } from "@kubemetrics/conformance";
import {
  HistogramBounds,
  labelBlock,
  PageWriter,
  parse,
  readFamilies,
  type SampleSink,
  SeriesScanner,
} from "@kubemetrics/exposition";
import peer from "parse-prometheus-text-format";
import { boundFigure, type Figure, garbagePerCall, interleaved, ratioFigure, retainedBytes } from "./harness.ts";
import { resourcePage } from "./pages/kubelet-resource.ts";

/** What metrics-server wants of a kubelet. */
const families = [
  "container_cpu_usage_seconds_total",
  "container_memory_working_set_bytes",
  "container_start_time_seconds",
  "node_cpu_usage_seconds_total",
  "node_memory_working_set_bytes",
];

/**
 * Adds the numbers up, or keeps the samples while answers are checked. One class for both: a second one would make the
 * scanner's call slower than it is in a program, which has one sink.
 */
class BenchSink implements SampleSink {
  kept: [string, number, number, number][] | undefined;
  sum = 0.5;

  sample(family: number, series: number, value: number, timestampMs: number): void {
    if (this.kept === undefined) this.sum += value + series + (Number.isNaN(timestampMs) ? 0 : timestampMs);
    else this.#keep(family, series, value, timestampMs);
  }

  #keep(family: number, series: number, value: number, timestampMs: number): void {
    this.kept?.push([families[family]!, series, value, timestampMs]);
  }
}

export async function run(): Promise<readonly Figure[]> {
  const resource = [0, 1, 2, 3].map((step) => Buffer.from(resourcePage({ pods: 110, containersPerPod: 2 }, step)));
  const cadvisor = readdirSync(bundledKubeletPages, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("metrics-cadvisor.txt"))
    .toSorted()
    .map((path) => readFileSync(`${bundledKubeletPages}/${path}`));
  for (const page of resource) checkScanner(page);
  for (const page of [...resource, ...cadvisor]) checkReader(page);
  const size = (pages: readonly Buffer[]): string =>
    `${Math.round(pages.reduce((sum, { length }) => sum + length, 0) / 1e3)} kB`;
  console.log(
    `resource page: ${size(resource.slice(0, 1))}; cadvisor pages: ${cadvisor.length}, ${size(cadvisor)} in all; answers agree`,
  );

  const scanner = new SeriesScanner(families);
  const sink = new BenchSink();
  let page = 0;
  const next = (): Buffer => resource[page++ & 3]!;
  const scan = (): unknown => scanner.scan(next(), sink);
  const scanNew = (): unknown => new SeriesScanner(families).scan(next(), sink);
  const peerResource = (): unknown => peer(next().toString());
  const times = interleaved({
    scan,
    scanNew,
    readFamilies: () => readFamilies(next()),
    parse: () => parse(next()),
    peer: peerResource,
  });
  const readAll = (): void => cadvisor.forEach((each) => readFamilies(each));
  const parseAll = (): void => cadvisor.forEach((each) => parse(each));
  const peerAll = (): void => cadvisor.forEach((each) => peer(each.toString()));
  const cadvisorTimes = interleaved({ readAll, parseAll, peerAll });

  const per = (variant: keyof typeof times): { ours: number; peer: number; unit: string } => ({
    unit: "us CPU",
    ours: times[variant].minimum,
    peer: times.peer.minimum,
  });
  const perAll = (variant: keyof typeof cadvisorTimes): { ours: number; peer: number; unit: string } => ({
    unit: "us CPU",
    ours: cadvisorTimes[variant].minimum,
    peer: cadvisorTimes.peerAll.minimum,
  });
  return [
    ratioFigure({ figure: "resource page, 110 pods: scan", ...per("scan") }, 20),
    ratioFigure(
      {
        figure: "resource page, 110 pods: garbage of a scan",
        unit: "bytes",
        ours: await garbagePerCall(scan, 2000),
        peer: await garbagePerCall(peerResource, 20),
      },
      100,
    ),
    ratioFigure({ figure: "resource page, 110 pods: first scan of a scanner", ...per("scanNew") }, null),
    ratioFigure({ figure: "resource page, 110 pods: strict reader", ...per("readFamilies") }, null),
    ratioFigure({ figure: "resource page, 110 pods: parse()", ...per("parse") }, null),
    ratioFigure({ figure: "captured cadvisor pages: strict reader", ...perAll("readAll") }, 3),
    ratioFigure(
      {
        figure: "captured cadvisor pages: garbage of the strict reader",
        unit: "bytes",
        ours: await garbagePerCall(readAll, 20),
        peer: await garbagePerCall(peerAll, 10),
      },
      null,
    ),
    ratioFigure({ figure: "captured cadvisor pages: parse()", ...perAll("parseAll") }, null),
    boundFigure(
      { figure: "memory of a scanner, 30 pods of 2 containers", unit: "bytes", ours: bytesPerScanner() },
      32_768,
    ),
    boundFigure(
      { figure: "writing a histogram of 14 buckets for each of 1,000 nodes", unit: "us CPU", ours: writeTime() },
      null,
    ),
  ];
}

/** The scanner's samples are the peer's, value by value. */
function checkScanner(page: Buffer): void {
  const scanner = new SeriesScanner(families);
  for (const round of ["unknown order", "predicted order"]) {
    const sink = new BenchSink();
    sink.kept = [];
    const report = scanner.scan(page, sink);
    const seen = sink.kept.map(([name, series, value, timestampMs]) =>
      JSON.stringify([name, Object.fromEntries(scanner.labels(series)!), value, timestampMs]),
    );
    const expected = peer(page.toString())
      .filter(({ name }) => families.includes(name))
      .flatMap(({ name, metrics }) =>
        metrics.map(({ labels = {}, value, timestamp_ms }) =>
          JSON.stringify([name, labels, Number(value), Number(timestamp_ms)]),
        ),
      );
    assert.deepEqual(seen, expected, round);
    assert.equal(report.samples, expected.length);
    assert.equal(report.rejected, 0);
  }
}

/** The strict reader and `parse()` say what the peer says. */
function checkReader(page: Buffer): void {
  const expected = peer(page.toString());
  assert.deepEqual(parse(page), expected);
  const number = (text: string): number =>
    text.endsWith("Inf") ? Number(text.replace("Inf", "Infinity")) : Number(text);
  assert.deepEqual(
    readFamilies(page).map(({ name, samples }) => ({
      name,
      metrics: samples.map(({ labels, value, timestampMs }) => [Object.fromEntries(labels), value, timestampMs]),
    })),
    expected.map(({ name, metrics }) => ({
      name,
      metrics: metrics.map(({ labels = {}, value, timestamp_ms }) => [
        labels,
        number(value),
        timestamp_ms === undefined ? undefined : number(timestamp_ms),
      ]),
    })),
  );
}

/** One scanner a node, each with its own page. */
function bytesPerScanner(): number {
  const nodes = 200;
  const pages = Array.from({ length: nodes }, (_, node) =>
    Buffer.from(
      resourcePage({ pods: 30, containersPerPod: 2 }, node).replaceAll(
        'namespace="team-',
        `namespace="node-${node}-team-`,
      ),
    ),
  );
  const sink = new BenchSink();
  return (
    retainedBytes(() =>
      pages.map((page) => {
        const scanner = new SeriesScanner(families);
        scanner.scan(page, sink);
        return scanner;
      }),
    ) / nodes
  );
}

function writeTime(): number {
  const bounds = new HistogramBounds([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]);
  const nodes = 1000;
  const counts = Float64Array.from({ length: nodes * bounds.buckets }, (_, i) => (i % 97) * 100);
  const labels = Array.from({ length: nodes }, (_, node) => labelBlock({ node: `node-${node}.example.com` }));
  const writer = new PageWriter();
  const write = (): number => {
    writer.clear();
    writer.family({ name: "scrape_duration_seconds", type: "histogram", help: "Time to scrape a kubelet." });
    for (let node = 0; node < nodes; node++)
      writer.histogram(bounds, counts, node * bounds.buckets, node * 1.25, labels[node]);
    return writer.end().length;
  };
  write();
  assert.equal(readFamilies(writer.end())[0]?.samples.length, nodes * (bounds.buckets + 2));
  return interleaved({ write }).write.minimum;
}
