/** The cgroups of a cadvisor page that are containers. A restarted container can be there twice for a while. */
import type { ContainerRows } from "./container-rows.ts";
import type { PointColumns } from "../point-columns.ts";
import { unusable } from "./series-map.ts";

/** The root cgroup: the node itself. */
export const nodeInstance = 0;

interface Instance {
  readonly row: number;
  cpuNs: number;
  /** Sum of a page that has a line per processor. */
  cpuSumNs: number;
  timeMs: number;
  memoryBytes: number;
  startNs: number;
}

export class CadvisorInstances {
  readonly #rows: ContainerRows;
  readonly #numbers = new Map<string, number>();
  readonly #instances: Instance[] = [newInstance(-1)];

  constructor(rows: ContainerRows) {
    this.#rows = rows;
  }

  /** The instance a label block is about; `unusable` for pause containers, pods as a whole, and other cgroups. */
  numberOf(labels: ReadonlyMap<string, string>): number {
    const id = labels.get("id") ?? "";
    const container = labels.get("container") ?? "";
    const pod = labels.get("pod") ?? "";
    const namespace = labels.get("namespace") ?? "";
    if (id === "/" && container === "" && pod === "") return nodeInstance;
    if (container === "" || container === "POD" || pod === "" || namespace === "") return unusable;
    const key = `${namespace}\0${pod}\0${container}\0${id}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#instances.length);
    return this.#instances.push(newInstance(this.#rows.rowOf(namespace, pod, container))) - 1;
  }

  at(number: number): Instance {
    return this.#instances[number] as Instance;
  }

  /** Begins a page. */
  clear(): void {
    for (const instance of this.#instances) {
      instance.cpuNs = Number.NaN;
      instance.cpuSumNs = Number.NaN;
      instance.timeMs = Number.NaN;
      instance.memoryBytes = Number.NaN;
      instance.startNs = Number.NaN;
    }
  }

  /** Forgets everything but the node: rows moved. */
  reset(): void {
    this.#numbers.clear();
    this.#instances.length = 1;
  }

  /** More instances than rows means that restarted containers left some behind. */
  get isOvergrown(): boolean {
    return this.#instances.length > 2 * this.#rows.identities.length + 64;
  }

  /** Puts the youngest instance of each container, and the node, into the columns. */
  fill(columns: PointColumns): void {
    columns.grow(this.#rows.identities.length);
    for (const [number, instance] of this.#instances.entries()) {
      const cpuNs = Number.isNaN(instance.cpuNs) ? instance.cpuSumNs : instance.cpuNs;
      if (number === nodeInstance) {
        if (!Number.isNaN(cpuNs)) columns.setNodeCpu(cpuNs, instance.timeMs, 0);
        columns.nodeMemoryBytes = instance.memoryBytes;
        continue;
      }
      const { row } = instance;
      if (Number.isNaN(cpuNs) && Number.isNaN(instance.memoryBytes)) continue;
      if (columns.isReported(row) && !isYounger(instance, columns, row)) continue;
      columns.setCpu(row, cpuNs, instance.timeMs, 0);
      columns.memoryBytes[row] = instance.memoryBytes;
      columns.setStart(row, instance.startNs);
    }
  }
}

function isYounger(instance: Instance, columns: PointColumns, row: number): boolean {
  const startMs = instance.startNs / 1e6;
  const otherMs = columns.startMs[row] ?? Number.NaN;
  if (startMs !== otherMs && !Number.isNaN(startMs) && !Number.isNaN(otherMs)) return startMs > otherMs;
  return instance.timeMs > (columns.timeMs[row] ?? Number.NaN);
}

function newInstance(row: number): Instance {
  const { NaN: none } = Number;
  return { row, cpuNs: none, cpuSumNs: none, timeMs: none, memoryBytes: none, startNs: none };
}
