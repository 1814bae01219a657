/** The programs of the suites, and the Go module that pins each. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kubernetesVersion } from "./kubernetes-versions.ts";

export interface Source {
  /** Folder with the `go.mod` that pins it, below this one. */
  readonly module: string;
  readonly package: string;
  readonly version: string;
  readonly project: string;
  readonly tags?: string;
}

const kubernetesPrograms = [
  "kubectl",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
] as const;
type KubernetesProgram = (typeof kubernetesPrograms)[number];

const containerRuntime = (name: string): Source => ({
  module: "containerd",
  package: `github.com/containerd/containerd/v2/cmd/${name}`,
  version: "v2.4.2",
  project: "containerd",
  // Snapshotters that need C libraries or kernel modules the suite does not use.
  tags: "no_btrfs no_devmapper no_zfs no_aufs",
});

const others = {
  etcd: { module: "etcd", package: "go.etcd.io/etcd/server/v3", version: "v3.6.16", project: "etcd" },
  containerd: containerRuntime("containerd"),
  "containerd-shim-runc-v2": containerRuntime("containerd-shim-runc-v2"),
  ctr: containerRuntime("ctr"),
  // What runs in the suite's pods.
  load: { module: "images/load", package: ".", version: contentVersion("images/load/main.go"), project: "load" },
  "metrics-server": {
    module: "metrics-server",
    package: "sigs.k8s.io/metrics-server/cmd/metrics-server",
    version: "v0.9.0",
    project: "metrics-server",
  },
} as const satisfies Record<string, Source>;

export type Program = KubernetesProgram | keyof typeof others;

/** Kubernetes' own programs are those of this run's version. */
export function sourceOf(name: Program): Source {
  if (!isKubernetesProgram(name)) return others[name];
  const { minor, version } = kubernetesVersion();
  return { module: `kubernetes-v${minor}`, package: `k8s.io/kubernetes/cmd/${name}`, version, project: "kubernetes" };
}

function isKubernetesProgram(name: Program): name is KubernetesProgram {
  return (kubernetesPrograms as readonly string[]).includes(name);
}

/** A version for a program of our own: it changes with the source. */
function contentVersion(file: string): string {
  const source = readFileSync(join(import.meta.dirname, file));
  return createHash("sha256").update(source).digest("hex").slice(0, 12);
}
