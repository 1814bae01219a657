/** Points as plain objects, for comparing. */
import type { NodePoints } from "../../src/index.ts";

export interface PlainPoint {
  readonly cpuNs: number;
  readonly memoryBytes: number;
  readonly timeMs: number;
  readonly startMs: number;
}

/** Everything reported, by `namespace/pod/container`; the node is under the empty name. */
export function plain(points: NodePoints): Map<string, PlainPoint> {
  const all = new Map<string, PlainPoint>();
  const { nodeCpuNs, nodeMemoryBytes, nodeTimeMs } = points;
  if (!Number.isNaN(nodeCpuNs)) {
    all.set("", { cpuNs: nodeCpuNs, memoryBytes: nodeMemoryBytes, timeMs: nodeTimeMs, startMs: Number.NaN });
  }
  for (let row = 0; row < points.size; row++) {
    const { namespace, pod, container } = points.containers[row]!;
    const point = {
      cpuNs: points.cpuNs[row]!,
      memoryBytes: points.memoryBytes[row]!,
      timeMs: points.timeMs[row]!,
      startMs: points.startMs[row]!,
    };
    const isReported = !Number.isNaN(point.cpuNs) || !Number.isNaN(point.memoryBytes) || !Number.isNaN(point.startMs);
    if (isReported) all.set(`${namespace}/${pod}/${container}`, point);
  }
  return all;
}

/** A resource page of some containers: `[namespace/pod/container, cpu seconds, memory bytes, time ms, start seconds]`. */
export function resourcePage(
  containers: readonly (readonly [name: string, cpu: number, memory: number, timeMs: number, start?: number])[],
  node?: readonly [cpu: number, memory: number, timeMs: number],
): Buffer {
  const lines: string[] = [];
  const labels = (name: string): string => {
    const [namespace, pod, container] = name.split("/");
    return `{container="${container}",namespace="${namespace}",pod="${pod}"}`;
  };
  lines.push("# TYPE container_cpu_usage_seconds_total counter");
  for (const [name, cpu, , time] of containers) {
    lines.push(`container_cpu_usage_seconds_total${labels(name)} ${cpu} ${time}`);
  }
  lines.push("# TYPE container_memory_working_set_bytes gauge");
  for (const [name, , memory, time] of containers) {
    lines.push(`container_memory_working_set_bytes${labels(name)} ${memory} ${time}`);
  }
  lines.push("# TYPE container_start_time_seconds gauge");
  for (const [name, , , , start] of containers) {
    if (start !== undefined) lines.push(`container_start_time_seconds${labels(name)} ${start}`);
  }
  if (node !== undefined) {
    lines.push("# TYPE node_cpu_usage_seconds_total counter", `node_cpu_usage_seconds_total ${node[0]} ${node[2]}`);
    lines.push("# TYPE node_memory_working_set_bytes gauge", `node_memory_working_set_bytes ${node[1]} ${node[2]}`);
  }
  return Buffer.from(`${lines.join("\n")}\n`);
}
