/**
 * `/metrics/cadvisor`, cut down to the families people compute usage from: CPU, working set, start time, and the machine's size. Cgroups,
 * pods and containers appear as in the real page; sandbox containers of pods do not.
 */
import { createHash } from "node:crypto";
import { labelBlock, type FamilyHead, type PageWriter } from "@kubemetrics/exposition";
import type { Meter, MeteredNode, MeteredPod } from "./metered-node.ts";

interface Cgroup {
  readonly container: string;
  readonly id: string;
  readonly image: string;
  readonly name: string;
  readonly namespace: string;
  readonly pod: string;
  readonly meter: Meter;
  readonly startMs: number;
}

const heads: Readonly<Record<"cpu" | "memory" | "start" | "cores" | "machineMemory", FamilyHead>> = {
  cpu: { name: "container_cpu_usage_seconds_total", type: "counter", help: "Cumulative cpu time consumed in seconds." },
  memory: { name: "container_memory_working_set_bytes", type: "gauge", help: "Current working set in bytes." },
  start: {
    name: "container_start_time_seconds",
    type: "gauge",
    help: "Start time of the container since unix epoch in seconds.",
  },
  cores: { name: "machine_cpu_cores", type: "gauge", help: "Number of logical CPU cores." },
  machineMemory: { name: "machine_memory_bytes", type: "gauge", help: "Amount of memory installed on the machine." },
};

/** Writes the page as it reads at a moment. */
export function writeCadvisorPage(page: PageWriter, node: MeteredNode, nowMs: number): void {
  const cgroups = cgroupsOf(node);
  page.family(heads.cpu);
  for (const cgroup of cgroups) {
    page.sample(cgroup.meter.cpuSeconds(nowMs), labels(cgroup, { cpu: "total" }), cgroup.meter.sampleTimeMs(nowMs));
  }
  page.family(heads.memory);
  for (const cgroup of cgroups) {
    page.sample(cgroup.meter.workingSetBytes(nowMs), labels(cgroup), cgroup.meter.sampleTimeMs(nowMs));
  }
  page.family(heads.start);
  for (const cgroup of cgroups) page.sample(Math.floor(cgroup.startMs / 1000), labels(cgroup));
  const machine = labelBlock({ boot_id: "", machine_id: "", system_uuid: "" });
  page.family(heads.cores);
  page.sample(node.cpuCount, machine);
  page.family(heads.machineMemory);
  page.sample(node.memoryBytes, machine);
}

function cgroupsOf(node: MeteredNode): readonly Cgroup[] {
  const none = { container: "", image: "", name: "", namespace: "", pod: "" };
  const root: Cgroup = { ...none, id: "/", meter: node, startMs: node.startMs };
  const ofPod = (pod: MeteredPod): readonly Cgroup[] => {
    const id = `/kubepods/burstable/pod${pod.uid}`;
    const owner = { namespace: pod.namespace, pod: pod.name };
    const inside = pod.containers.map((container): Cgroup => {
      const name = containerId(pod, container.name);
      const names = { container: container.name, id: `${id}/${name}`, image: "localhost/sandbox:1", name };
      return { ...names, ...owner, meter: container, startMs: container.startMs };
    });
    return [{ ...none, ...owner, id, meter: pod, startMs: pod.startMs }, ...inside];
  };
  const key = ({ container, id }: Cgroup): string => `${container}\0${id}`;
  return [root, ...node.pods.flatMap(ofPod)].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A container runtime's name for a container: 64 hexadecimal digits. */
export function containerId(pod: Pick<MeteredPod, "uid">, container: string): string {
  return createHash("sha256").update(`${pod.uid}/${container}`).digest("hex");
}

function labels(
  { container, id, image, name, namespace, pod }: Cgroup,
  cpu: { readonly cpu?: string } = {},
): ReturnType<typeof labelBlock> {
  return labelBlock({ container, ...cpu, id, image, name, namespace, pod });
}
