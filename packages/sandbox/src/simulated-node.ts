/**
 * Usage made up by formula: at any moment every number follows from seed, names and time, so two runs agree and no state has to be kept.
 */
import type { MeteredContainer, MeteredNode, MeteredPod } from "./metered-node.ts";
import { seededRandom } from "./seeded-random.ts";

export interface SimulatedPodSpec {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly startMs: number;
  readonly containers: readonly string[];
}

export interface SimulatedNodeOptions {
  readonly name: string;
  readonly seed: number;
  readonly startMs: number;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly sampleIntervalMs: number;
}

const mebibyte = 1024 * 1024;
const pageBytes = 4096;

export class SimulatedNode implements MeteredNode {
  readonly name: string;
  readonly startMs: number;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly #options: SimulatedNodeOptions;
  /** What runs beside pods: kubelet, container runtime, kernel. */
  readonly #system: SimulatedContainer;
  readonly #pods = new Map<string, SimulatedPod>();
  #list: readonly SimulatedPod[] | undefined;
  #generation = 0;

  constructor(options: SimulatedNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.startMs = options.startMs;
    this.cpuCount = options.cpuCount;
    this.memoryBytes = options.memoryBytes;
    this.#system = new SimulatedContainer("", options, `${options.name}/system`, options.startMs, {
      cores: 0.08,
      bytes: 600 * mebibyte,
    });
  }

  get generation(): number {
    return this.#generation;
  }

  get pods(): readonly SimulatedPod[] {
    return (this.#list ??= [...this.#pods.values()]);
  }

  addPod(spec: SimulatedPodSpec): void {
    this.#pods.set(`${spec.namespace}/${spec.name}`, new SimulatedPod(spec, this.#options));
    this.#changed();
  }

  removePod(namespace: string, name: string): void {
    if (this.#pods.delete(`${namespace}/${name}`)) this.#changed();
  }

  /** Containers begin again with their counters at zero. */
  restartContainers(nowMs: number, pod?: { readonly namespace: string; readonly name: string }): void {
    for (const candidate of this.#pods.values()) {
      if (pod !== undefined && (candidate.namespace !== pod.namespace || candidate.name !== pod.name)) continue;
      for (const container of candidate.containers) container.restart(nowMs);
    }
    this.#changed();
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  sampleTimeMs(nowMs: number): number {
    return this.#system.sampleTimeMs(nowMs);
  }

  cpuSeconds(nowMs: number): number {
    const at = this.sampleTimeMs(nowMs);
    let total = this.#system.cpuSeconds(nowMs);
    for (const pod of this.pods) total += pod.lifetimeCpuSeconds(at);
    return nanosecondSteps(total);
  }

  workingSetBytes(nowMs: number): number {
    const at = this.sampleTimeMs(nowMs);
    let total = this.#system.workingSetBytes(nowMs);
    for (const pod of this.pods) total += pod.memoryAt(at);
    return total;
  }

  #changed(): void {
    this.#list = undefined;
    this.#generation++;
  }
}

class SimulatedPod implements MeteredPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly startMs: number;
  readonly containers: readonly SimulatedContainer[];
  readonly #phaseMs: number;
  readonly #intervalMs: number;

  constructor(spec: SimulatedPodSpec, node: SimulatedNodeOptions) {
    this.namespace = spec.namespace;
    this.name = spec.name;
    this.uid = spec.uid;
    this.startMs = spec.startMs;
    const key = `${spec.namespace}/${spec.name}`;
    this.#intervalMs = node.sampleIntervalMs;
    this.#phaseMs = Math.floor(seededRandom(node.seed, key)() * node.sampleIntervalMs);
    // Sorted, as the series of a page are.
    this.containers = spec.containers
      .toSorted()
      .map((container) => new SimulatedContainer(container, node, `${key}/${container}`, spec.startMs));
  }

  sampleTimeMs(nowMs: number): number {
    return lastSample(nowMs, this.#intervalMs, this.#phaseMs);
  }

  cpuSeconds(nowMs: number): number {
    return nanosecondSteps(this.lifetimeCpuSeconds(this.sampleTimeMs(nowMs)));
  }

  workingSetBytes(nowMs: number): number {
    return this.memoryAt(this.sampleTimeMs(nowMs));
  }

  /** Restarts included: the pod's and the node's counters never go back. */
  lifetimeCpuSeconds(atMs: number): number {
    let total = 0;
    for (const container of this.containers) total += container.lifetimeCpuSeconds(atMs);
    return total;
  }

  memoryAt(atMs: number): number {
    let total = 0;
    for (const container of this.containers) total += container.memoryAt(atMs);
    return total;
  }
}

/** CPU that swings around a mean, slowly and quickly at once, and memory that breathes a little. */
class SimulatedContainer implements MeteredContainer {
  readonly name: string;
  readonly #firstStartMs: number;
  #startMs: number;
  readonly #intervalMs: number;
  readonly #phaseMs: number;
  readonly #cores: number;
  /** Together they swing by less than the mean, so that the counter never goes back. */
  readonly #slow: Swing;
  readonly #quick: Swing;
  readonly #bytes: number;

  constructor(
    name: string,
    node: SimulatedNodeOptions,
    key: string,
    startMs: number,
    size?: { readonly cores: number; readonly bytes: number },
  ) {
    const random = seededRandom(node.seed, key);
    this.name = name;
    this.#firstStartMs = startMs;
    this.#startMs = startMs;
    this.#intervalMs = node.sampleIntervalMs;
    this.#phaseMs = Math.floor(random() * node.sampleIntervalMs);
    // Most containers idle and a few work: squared twice, 1 m to 250 m.
    this.#cores = size?.cores ?? 0.001 + 0.25 * random() ** 4;
    this.#slow = { share: 0.1 + 0.4 * random(), periodSeconds: 60 + 540 * random() };
    this.#quick = { share: 0.1 + 0.3 * random(), periodSeconds: 7 + 30 * random() };
    this.#bytes = size?.bytes ?? (12 + 240 * random() ** 2) * mebibyte;
  }

  get startMs(): number {
    return this.#startMs;
  }

  restart(nowMs: number): void {
    this.#startMs = nowMs;
  }

  sampleTimeMs(nowMs: number): number {
    return lastSample(nowMs, this.#intervalMs, this.#phaseMs);
  }

  cpuSeconds(nowMs: number): number {
    const at = this.sampleTimeMs(nowMs);
    if (at <= this.#startMs) return 0;
    return nanosecondSteps(this.#integral(at) - this.#integral(this.#startMs));
  }

  workingSetBytes(nowMs: number): number {
    return this.memoryAt(this.sampleTimeMs(nowMs));
  }

  lifetimeCpuSeconds(atMs: number): number {
    return atMs <= this.#firstStartMs ? 0 : this.#integral(atMs) - this.#integral(this.#firstStartMs);
  }

  memoryAt(atMs: number): number {
    const wave = Math.sin((atMs / 1000 / this.#slow.periodSeconds) * Math.PI);
    return Math.round((this.#bytes * (1 + 0.05 * wave)) / pageBytes) * pageBytes;
  }

  /** CPU seconds since the time the first container started. */
  #integral(atMs: number): number {
    const seconds = (atMs - this.#firstStartMs) / 1000;
    return this.#cores * (seconds + swungSeconds(this.#slow, seconds) + swungSeconds(this.#quick, seconds));
  }
}

/** CPU goes up and down as a sine. */
interface Swing {
  readonly share: number;
  readonly periodSeconds: number;
}

/** The integral of share × sin from 0 on. */
function swungSeconds({ share, periodSeconds }: Swing, seconds: number): number {
  const omega = (2 * Math.PI) / periodSeconds;
  return (share / omega) * (1 - Math.cos(omega * seconds));
}

function lastSample(nowMs: number, intervalMs: number, phaseMs: number): number {
  return Math.floor((nowMs - phaseMs) / intervalMs) * intervalMs + phaseMs;
}

/** Kernels count nanoseconds. */
function nanosecondSteps(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e9;
}
