/** Node and Pod objects as kubelets register them. */
import { formatTime } from "@kubemetrics/apimachinery";
import { containerId } from "./cadvisor-page.ts";
import { itemsAt, textAt } from "./json-path.ts";
import type { Json, JsonObject, KubeObject } from "./kube-object.ts";

export interface NodeFacts {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly createdMs: number;
  readonly isMachine: boolean;
}

const reservedBytes = 350 * 1024 * 1024;

export function nodeObject(facts: NodeFacts): KubeObject {
  const { name, address, port, cpuCount, memoryBytes, createdMs } = facts;
  // A tenth of a CPU and a few hundred mebibytes are kept for the system, as installers set it up.
  const allocatable = resourceList(cpuCount * 1000 - 100, memoryBytes - reservedBytes);
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      creationTimestamp: formatTime(createdMs),
      labels: {
        "kubernetes.io/arch": process.arch === "x64" ? "amd64" : process.arch,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "sandbox.kubemetrics.dev/kind": facts.isMachine ? "machine" : "simulated",
      },
    },
    spec: {},
    status: {
      capacity: resourceList(cpuCount * 1000, memoryBytes),
      allocatable,
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "KubeletReady",
          message: "kubelet is posting ready status",
          lastHeartbeatTime: formatTime(createdMs),
          lastTransitionTime: formatTime(createdMs),
        },
      ],
      nodeInfo: {
        architecture: process.arch === "x64" ? "amd64" : process.arch,
        containerRuntimeVersion: "sandbox://1",
        kernelVersion: "0.0.0-sandbox",
        kubeletVersion: "v1.37.2",
        operatingSystem: "linux",
        osImage: facts.isMachine ? `this machine (${process.platform})` : "simulated",
      },
    },
  };
}

function resourceList(millicores: number, bytes: number): JsonObject {
  return {
    cpu: millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`,
    memory: `${Math.floor(bytes / 1024)}Ki`,
    pods: "110",
  };
}

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: { readonly [key: string]: string };
  readonly containers: readonly string[];
  readonly node: string;
  readonly address: string;
  readonly createdMs: number;
}

/** A pod that is bound to its node and runs. */
export function podObject(facts: PodFacts): KubeObject {
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: facts.name,
      namespace: facts.namespace,
      labels: facts.labels,
      creationTimestamp: formatTime(facts.createdMs),
    },
    spec: {
      nodeName: facts.node,
      restartPolicy: "Always",
      schedulerName: "default-scheduler",
      serviceAccountName: "default",
      containers: facts.containers.map((name) => ({ name, image: "localhost/sandbox:1" })),
    },
  };
  return { ...object, status: runningStatus(object, facts.address, facts.createdMs) };
}

/** What a kubelet reports once all containers of a pod run. */
export function runningStatus(pod: KubeObject, hostIp: string, startedMs: number): JsonObject {
  const time = formatTime(startedMs);
  const uid = pod.metadata.uid ?? `${pod.metadata.namespace ?? ""}/${pod.metadata.name}`;
  return {
    phase: "Running",
    qosClass: "BestEffort",
    hostIP: hostIp,
    startTime: time,
    conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
      type,
      status: "True",
      lastTransitionTime: time,
    })),
    containerStatuses: itemsAt(pod, "spec", "containers").map((container): Json => {
      const name = textAt(container, "name");
      return {
        name,
        image: textAt(container, "image"),
        imageID: "",
        containerID: `sandbox://${containerId({ uid }, name)}`,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: time } },
      };
    }),
  };
}
