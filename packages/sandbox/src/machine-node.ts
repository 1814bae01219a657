/** This computer as a node: its real CPU and memory, and chosen processes as pods with one container each. */
import type { MeteredContainer, MeteredNode, MeteredPod } from "./metered-node.ts";
import type { OperatingSystem, ProcessUsage } from "./operating-system.ts";

export interface WatchedProcess {
  readonly pid: number;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly uid: string;
}

export interface MachineNodeOptions {
  readonly name: string;
  readonly system: OperatingSystem;
  readonly clock: () => number;
  /** Called when a process ended, with its pod. */
  readonly onGone: (namespace: string, pod: string) => void;
}

export class MachineNode implements MeteredNode {
  readonly name: string;
  readonly startMs: number;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly #options: MachineNodeOptions;
  readonly #pods = new Map<string, ProcessPod>();
  #list: readonly ProcessPod[] = [];
  #generation = 0;
  #sampledMs = 0;
  #cpuSeconds = 0;
  #workingSetBytes = 0;

  constructor(options: MachineNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.startMs = options.system.startMs;
    this.cpuCount = options.system.cpuCount;
    this.memoryBytes = options.system.memoryBytes;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Processes that were read at least once and still run. */
  get pods(): readonly ProcessPod[] {
    return this.#list;
  }

  addProcess(watched: WatchedProcess): void {
    this.#pods.set(`${watched.namespace}/${watched.pod}`, new ProcessPod(watched));
  }

  removePod(namespace: string, name: string): void {
    this.#pods.delete(`${namespace}/${name}`);
    this.#relist();
  }

  async refresh(): Promise<void> {
    const { system, clock, onGone } = this.#options;
    const pods = [...this.#pods.values()];
    const usages = await system.processes(pods.map((pod) => pod.pid));
    const machine = system.machine();
    this.#sampledMs = clock();
    this.#cpuSeconds = machine.cpuSeconds;
    this.#workingSetBytes = machine.workingSetBytes;
    for (const pod of pods) {
      const usage = usages.get(pod.pid);
      if (usage !== undefined) {
        pod.sampled(usage, this.#sampledMs);
        continue;
      }
      this.#pods.delete(`${pod.namespace}/${pod.name}`);
      onGone(pod.namespace, pod.name);
    }
    this.#relist();
  }

  sampleTimeMs(): number {
    return this.#sampledMs;
  }

  cpuSeconds(): number {
    return this.#cpuSeconds;
  }

  workingSetBytes(): number {
    return this.#workingSetBytes;
  }

  #relist(): void {
    const list = [...this.#pods.values()].filter((pod) => pod.hasSample);
    if (list.length === this.#list.length && list.every((pod, index) => pod === this.#list[index])) return;
    this.#list = list;
    this.#generation++;
  }
}

class ProcessPod implements MeteredPod {
  readonly pid: number;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly containers: readonly MeteredContainer[];
  #usage: ProcessUsage | undefined;
  #sampledMs = 0;

  constructor(watched: WatchedProcess) {
    this.pid = watched.pid;
    this.namespace = watched.namespace;
    this.name = watched.pod;
    this.uid = watched.uid;
    this.containers = [new ProcessContainer(watched.container, this)];
  }

  get hasSample(): boolean {
    return this.#usage !== undefined;
  }

  /** The start is read once: the kernel's and ps's roundings would make it wander. */
  get startMs(): number {
    return this.#usage?.startMs ?? 0;
  }

  sampled(usage: ProcessUsage, sampledMs: number): void {
    this.#usage = { ...usage, startMs: this.#usage?.startMs ?? usage.startMs };
    this.#sampledMs = sampledMs;
  }

  sampleTimeMs(): number {
    return this.#sampledMs;
  }

  cpuSeconds(): number {
    return this.#usage?.cpuSeconds ?? 0;
  }

  workingSetBytes(): number {
    return this.#usage?.workingSetBytes ?? 0;
  }
}

class ProcessContainer implements MeteredContainer {
  readonly name: string;
  readonly #pod: ProcessPod;

  constructor(name: string, pod: ProcessPod) {
    this.name = name;
    this.#pod = pod;
  }

  get startMs(): number {
    return this.#pod.startMs;
  }

  sampleTimeMs(): number {
    return this.#pod.sampleTimeMs();
  }

  cpuSeconds(): number {
    return this.#pod.cpuSeconds();
  }

  workingSetBytes(): number {
    return this.#pod.workingSetBytes();
  }
}
