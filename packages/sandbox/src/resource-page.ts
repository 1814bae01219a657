/**
 * `/metrics/resource`: the page metrics-server reads, in the kubelet's own form: families and series in its order, its help texts, each
 * series with the time of its sample.
 *
 * The text up to each number is made once and kept, so that a page costs the writing of its numbers.
 *
 * @see kubernetes `pkg/kubelet/metrics/collectors/resource_metrics.go`
 */
import { goFloat } from "./go-float.ts";
import type { MeteredContainer, MeteredNode, MeteredPod } from "./metered-node.ts";

interface Series<T> {
  /** Up to and including the space before the number. */
  readonly prefix: string;
  readonly source: T;
}

interface Template {
  readonly generation: number;
  readonly cpu: readonly Series<MeteredContainer>[];
  readonly memory: readonly Series<MeteredContainer>[];
  /** Start times have no timestamp and do not change: the whole family is text. */
  readonly startTimes: string;
  readonly swap: readonly Series<MeteredContainer>[];
  readonly podCpu: readonly Series<MeteredPod>[];
  readonly podMemory: readonly Series<MeteredPod>[];
  readonly podSwap: readonly Series<MeteredPod>[];
}

const heads = {
  containerCpu: head(
    "container_cpu_usage_seconds_total",
    "counter",
    "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
  ),
  containerMemory: head(
    "container_memory_working_set_bytes",
    "gauge",
    "[STABLE] Current working set of the container in bytes",
  ),
  containerStart: head(
    "container_start_time_seconds",
    "gauge",
    "[STABLE] Start time of the container since unix epoch in seconds",
  ),
  containerSwap: head(
    "container_swap_usage_bytes",
    "gauge",
    "[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems",
  ),
  nodeCpu: head(
    "node_cpu_usage_seconds_total",
    "counter",
    "[STABLE] Cumulative cpu time consumed by the node in core-seconds",
  ),
  nodeMemory: head("node_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the node in bytes"),
  nodeSwap: head(
    "node_swap_usage_bytes",
    "gauge",
    "[ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems",
  ),
  podCpu: head(
    "pod_cpu_usage_seconds_total",
    "counter",
    "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
  ),
  podMemory: head("pod_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the pod in bytes"),
  podSwap: head(
    "pod_swap_usage_bytes",
    "gauge",
    "[ALPHA] Current amount of the pod swap usage in bytes. Reported only on non-windows systems",
  ),
  scrapeError: head(
    "resource_scrape_error",
    "gauge",
    "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
  ),
};

export class ResourcePage {
  readonly #node: MeteredNode;
  #template: Template | undefined;

  constructor(node: MeteredNode) {
    this.#node = node;
  }

  /** The page as it reads at a moment. ASCII. */
  text(nowMs: number): string {
    const node = this.#node;
    if (this.#template?.generation !== node.generation) this.#template = templateOf(node);
    const template = this.#template;
    let page = "";
    if (template.cpu.length > 0) {
      page += heads.containerCpu;
      for (const { prefix, source } of template.cpu)
        page += line(prefix, source.cpuSeconds(nowMs), source.sampleTimeMs(nowMs));
      page += heads.containerMemory;
      for (const { prefix, source } of template.memory)
        page += line(prefix, source.workingSetBytes(nowMs), source.sampleTimeMs(nowMs));
      page += template.startTimes;
      page += heads.containerSwap;
      for (const { prefix, source } of template.swap) page += line(prefix, 0, source.sampleTimeMs(nowMs));
    }
    const nodeTime = node.sampleTimeMs(nowMs);
    page += heads.nodeCpu + line("node_cpu_usage_seconds_total ", node.cpuSeconds(nowMs), nodeTime);
    page += heads.nodeMemory + line("node_memory_working_set_bytes ", node.workingSetBytes(nowMs), nodeTime);
    page += heads.nodeSwap + line("node_swap_usage_bytes ", 0, nodeTime);
    if (template.podCpu.length > 0) {
      page += heads.podCpu;
      for (const { prefix, source } of template.podCpu)
        page += line(prefix, source.cpuSeconds(nowMs), source.sampleTimeMs(nowMs));
      page += heads.podMemory;
      for (const { prefix, source } of template.podMemory)
        page += line(prefix, source.workingSetBytes(nowMs), source.sampleTimeMs(nowMs));
      page += heads.podSwap;
      for (const { prefix, source } of template.podSwap) page += line(prefix, 0, source.sampleTimeMs(nowMs));
    }
    return `${page}${heads.scrapeError}resource_scrape_error 0\n`;
  }
}

function templateOf(node: MeteredNode): Template {
  const containers = node.pods
    .flatMap((pod) => pod.containers.map((container) => ({ pod, container })))
    .toSorted((a, b) => compare(labelKey(a.container.name, a.pod), labelKey(b.container.name, b.pod)));
  const pods = node.pods.toSorted((a, b) => compare(labelKey("", a), labelKey("", b)));
  const ofContainers = (family: string): readonly Series<MeteredContainer>[] =>
    containers.map(({ pod, container }) => ({
      prefix: `${family}${containerLabels(container, pod)} `,
      source: container,
    }));
  const ofPods = (family: string): readonly Series<MeteredPod>[] =>
    pods.map((pod) => ({ prefix: `${family}{namespace="${pod.namespace}",pod="${pod.name}"} `, source: pod }));
  const startTimes = containers.map(
    ({ pod, container }) =>
      `container_start_time_seconds${containerLabels(container, pod)} ${goFloat(container.startMs / 1000)}\n`,
  );
  return {
    generation: node.generation,
    cpu: ofContainers("container_cpu_usage_seconds_total"),
    memory: ofContainers("container_memory_working_set_bytes"),
    startTimes: heads.containerStart + startTimes.join(""),
    swap: ofContainers("container_swap_usage_bytes"),
    podCpu: ofPods("pod_cpu_usage_seconds_total"),
    podMemory: ofPods("pod_memory_working_set_bytes"),
    podSwap: ofPods("pod_swap_usage_bytes"),
  };
}

function containerLabels(container: MeteredContainer, pod: MeteredPod): string {
  return `{container="${container.name}",namespace="${pod.namespace}",pod="${pod.name}"}`;
}

/** Series stand in the order of their label values. NUL sorts before every character of a name. */
function labelKey(container: string, pod: MeteredPod): string {
  return `${container}\0${pod.namespace}\0${pod.name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function head(family: string, type: string, help: string): string {
  return `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`;
}

function line(prefix: string, value: number, timeMs: number): string {
  return `${prefix}${goFloat(value)} ${timeMs}\n`;
}
