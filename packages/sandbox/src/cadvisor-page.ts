/**
 * `/metrics/cadvisor`, cut down to the families people compute usage from: CPU, working set, start time, and the machine's size. Cgroups,
 * pods and containers appear as in the real page; sandbox containers of pods do not.
 */
import { createHash } from "node:crypto";
import { goFloat } from "./go-float.ts";
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

/** The page as it reads at a moment. */
export function cadvisorPage(node: MeteredNode, nowMs: number): string {
  const cgroups = cgroupsOf(node);
  const samples = (family: string, cpuLabel: string, value: (cgroup: Cgroup) => string): string =>
    cgroups.map((cgroup) => `${family}${labels(cgroup, cpuLabel)} ${value(cgroup)}\n`).join("");
  return [
    head("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds."),
    samples("container_cpu_usage_seconds_total", 'cpu="total",', ({ meter }) => {
      return `${goFloat(meter.cpuSeconds(nowMs))} ${meter.sampleTimeMs(nowMs)}`;
    }),
    head("container_memory_working_set_bytes", "gauge", "Current working set in bytes."),
    samples("container_memory_working_set_bytes", "", ({ meter }) => {
      return `${goFloat(meter.workingSetBytes(nowMs))} ${meter.sampleTimeMs(nowMs)}`;
    }),
    head("container_start_time_seconds", "gauge", "Start time of the container since unix epoch in seconds."),
    samples("container_start_time_seconds", "", ({ startMs }) => goFloat(Math.floor(startMs / 1000))),
    head("machine_cpu_cores", "gauge", "Number of logical CPU cores."),
    `machine_cpu_cores{boot_id="",machine_id="",system_uuid=""} ${node.cpuCount}\n`,
    head("machine_memory_bytes", "gauge", "Amount of memory installed on the machine."),
    `machine_memory_bytes{boot_id="",machine_id="",system_uuid=""} ${goFloat(node.memoryBytes)}\n`,
  ].join("");
}

function cgroupsOf(node: MeteredNode): readonly Cgroup[] {
  const root = {
    container: "",
    id: "/",
    image: "",
    name: "",
    namespace: "",
    pod: "",
    meter: node,
    startMs: node.startMs,
  };
  const ofPod = (pod: MeteredPod): readonly Cgroup[] => {
    const id = `/kubepods/burstable/pod${pod.uid}`;
    const own = {
      container: "",
      id,
      image: "",
      name: "",
      namespace: pod.namespace,
      pod: pod.name,
      meter: pod,
      startMs: pod.startMs,
    };
    const inside = pod.containers.map((container): Cgroup => {
      const name = containerId(pod, container.name);
      const image = "localhost/sandbox:1";
      const { namespace, name: podName } = pod;
      const { startMs } = container;
      return {
        container: container.name,
        id: `${id}/${name}`,
        image,
        name,
        namespace,
        pod: podName,
        meter: container,
        startMs,
      };
    });
    return [own, ...inside];
  };
  const key = ({ container, id }: Cgroup): string => `${container}\0${id}`;
  return [root, ...node.pods.flatMap(ofPod)].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A container runtime's name for a container: 64 hexadecimal digits. */
export function containerId(pod: Pick<MeteredPod, "uid">, container: string): string {
  return createHash("sha256").update(`${pod.uid}/${container}`).digest("hex");
}

function labels({ container, id, image, name, namespace, pod }: Cgroup, cpu: string): string {
  return `{container="${container}",${cpu}id="${id}",image="${image}",name="${name}",namespace="${namespace}",pod="${pod}"}`;
}

function head(family: string, type: string, help: string): string {
  return `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`;
}
