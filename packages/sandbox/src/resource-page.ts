/**
 * `/metrics/resource`: the page metrics-server reads, in the kubelet's own form: families and series in its order, its help texts, each
 * series with the time of its sample.
 *
 * Labels are encoded once and kept, so that a page costs the writing of its numbers.
 *
 * @see kubernetes `pkg/kubelet/metrics/collectors/resource_metrics.go`
 */
import { labelBlock, type FamilyHead, type LabelBlock, type PageWriter } from "@kubemetrics/exposition";
import type { Meter, MeteredContainer, MeteredNode, MeteredPod } from "./metered-node.ts";

interface Series<T> {
  readonly labels: LabelBlock;
  readonly source: T;
}

interface Layout {
  readonly generation: number;
  readonly containers: readonly Series<MeteredContainer>[];
  readonly pods: readonly Series<MeteredPod>[];
}

const swapNote = "Reported only on non-windows systems";
const heads = {
  containerCpu: counter(
    "container_cpu_usage_seconds_total",
    "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
  ),
  containerMemory: gauge(
    "container_memory_working_set_bytes",
    "[STABLE] Current working set of the container in bytes",
  ),
  containerStart: gauge(
    "container_start_time_seconds",
    "[STABLE] Start time of the container since unix epoch in seconds",
  ),
  containerSwap: gauge(
    "container_swap_usage_bytes",
    `[ALPHA] Current amount of the container swap usage in bytes. ${swapNote}`,
  ),
  nodeCpu: counter("node_cpu_usage_seconds_total", "[STABLE] Cumulative cpu time consumed by the node in core-seconds"),
  nodeMemory: gauge("node_memory_working_set_bytes", "[STABLE] Current working set of the node in bytes"),
  nodeSwap: gauge("node_swap_usage_bytes", `[ALPHA] Current swap usage of the node in bytes. ${swapNote}`),
  podCpu: counter("pod_cpu_usage_seconds_total", "[STABLE] Cumulative cpu time consumed by the pod in core-seconds"),
  podMemory: gauge("pod_memory_working_set_bytes", "[STABLE] Current working set of the pod in bytes"),
  podSwap: gauge("pod_swap_usage_bytes", `[ALPHA] Current amount of the pod swap usage in bytes. ${swapNote}`),
  scrapeError: gauge(
    "resource_scrape_error",
    "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
  ),
};

const noLabels = labelBlock({});

export class ResourcePage {
  readonly #node: MeteredNode;
  #layout: Layout | undefined;

  constructor(node: MeteredNode) {
    this.#node = node;
  }

  /** Writes the page as it reads at a moment. */
  write(page: PageWriter, nowMs: number): void {
    if (this.#layout?.generation !== this.#node.generation) this.#layout = layoutOf(this.#node);
    const { containers, pods } = this.#layout;
    writeFamily(page, heads.containerCpu, containers, cpuSeconds, nowMs);
    writeFamily(page, heads.containerMemory, containers, workingSet, nowMs);
    if (containers.length > 0) page.family(heads.containerStart);
    // Start times are the one family without timestamps.
    for (const { labels, source } of containers) page.sample(source.startMs / 1000, labels);
    writeFamily(page, heads.containerSwap, containers, noSwap, nowMs);
    const node = [{ labels: noLabels, source: this.#node }];
    writeFamily(page, heads.nodeCpu, node, cpuSeconds, nowMs);
    writeFamily(page, heads.nodeMemory, node, workingSet, nowMs);
    writeFamily(page, heads.nodeSwap, node, noSwap, nowMs);
    writeFamily(page, heads.podCpu, pods, cpuSeconds, nowMs);
    writeFamily(page, heads.podMemory, pods, workingSet, nowMs);
    writeFamily(page, heads.podSwap, pods, noSwap, nowMs);
    writeScrapeError(page, 0);
  }
}

/** The page of a kubelet that gets nothing from its container runtime. */
export function writeFailedResourcePage(page: PageWriter): void {
  writeScrapeError(page, 1);
}

function writeScrapeError(page: PageWriter, value: 0 | 1): void {
  page.family(heads.scrapeError);
  page.sample(value);
}

type Value = (meter: Meter, nowMs: number) => number;
const cpuSeconds: Value = (meter, nowMs) => meter.cpuSeconds(nowMs);
const workingSet: Value = (meter, nowMs) => meter.workingSetBytes(nowMs);
const noSwap: Value = () => 0;

/** A family without series is not on the page at all. */
function writeFamily(
  page: PageWriter,
  head: FamilyHead,
  series: readonly Series<Meter>[],
  value: Value,
  nowMs: number,
): void {
  if (series.length === 0) return;
  page.family(head);
  for (const { labels, source } of series) page.sample(value(source, nowMs), labels, source.sampleTimeMs(nowMs));
}

function layoutOf(node: MeteredNode): Layout {
  const containers = node.pods
    .flatMap((pod) => pod.containers.map((container) => ({ pod, container })))
    .toSorted((a, b) => compare(sortKey(a.container.name, a.pod), sortKey(b.container.name, b.pod)));
  const pods = node.pods.toSorted((a, b) => compare(sortKey("", a), sortKey("", b)));
  return {
    generation: node.generation,
    containers: containers.map(({ pod, container }) => ({
      labels: labelBlock({ container: container.name, namespace: pod.namespace, pod: pod.name }),
      source: container,
    })),
    pods: pods.map((pod) => ({ labels: labelBlock({ namespace: pod.namespace, pod: pod.name }), source: pod })),
  };
}

/** Series stand in the order of their label values. NUL sorts before every character of a name. */
function sortKey(container: string, pod: MeteredPod): string {
  return `${container}\0${pod.namespace}\0${pod.name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function counter(name: string, help: string): FamilyHead {
  return { name, type: "counter", help };
}

function gauge(name: string, help: string): FamilyHead {
  return { name, type: "gauge", help };
}
