/**
 * Usage made up by formula: at any moment every number follows from seed, names and time, so two runs agree and no state has to be kept.
 */
import type { MeteredNode, MeteredPod } from "./metered-node.ts";
import { seededRandom } from "./seeded-random.ts";
import { lastSample, nanosecondSteps, SimulatedContainer } from "./simulated-container.ts";

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
