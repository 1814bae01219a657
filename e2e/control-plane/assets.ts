/**
 * The real programs, built from their Go modules when missing.
 *
 * Binaries live outside the clone, by version: `~/.cache/kubemetrics/kubernetes-v1.37.2/kubectl`. A folder given by the environment variable
 * KUBEMETRICS_E2E_ASSETS is used instead, as envtest does. Two builds at once are safe: each writes its own file and renames it.
 */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** The Kubernetes version that `go.mod` pins. */
export const kubernetesVersion = "v1.37.2";

interface Source {
  /** Folder with the `go.mod` that pins it, below this one. */
  readonly module: string;
  readonly package: string;
  readonly version: string;
  readonly project: string;
  readonly tags?: string;
}

const kubernetes = (name: string): Source => ({
  module: ".",
  package: `k8s.io/kubernetes/cmd/${name}`,
  version: kubernetesVersion,
  project: "kubernetes",
});

const containerRuntime = (name: string): Source => ({
  module: "containerd",
  package: `github.com/containerd/containerd/v2/cmd/${name}`,
  version: "v2.4.2",
  project: "containerd",
  // Snapshotters that need C libraries or kernel modules the suite does not use.
  tags: "no_btrfs no_devmapper no_zfs no_aufs",
});

const sources = {
  kubectl: kubernetes("kubectl"),
  "kube-apiserver": kubernetes("kube-apiserver"),
  "kube-controller-manager": kubernetes("kube-controller-manager"),
  etcd: { module: "etcd", package: "go.etcd.io/etcd/server/v3", version: "v3.6.16", project: "etcd" },
  "kube-scheduler": kubernetes("kube-scheduler"),
  kubelet: kubernetes("kubelet"),
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

/** A version for a program of our own: it changes with the source. */
function contentVersion(file: string): string {
  const source = readFileSync(join(import.meta.dirname, file));
  return createHash("sha256").update(source).digest("hex").slice(0, 12);
}

export type Program = keyof typeof sources;

/** A program is missing and cannot be built. `message` says what to install. */
export class AssetUnavailable extends Error {
  readonly code = "ASSET_UNAVAILABLE";
}

/** Where programs are kept, and what a run must leave word of. */
export function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kubemetrics");
}

/** Path of the program, built first when it is not there (minutes on a cold cache). */
export async function program(name: Program): Promise<string> {
  const given = process.env["KUBEMETRICS_E2E_ASSETS"];
  if (given !== undefined) {
    const path = join(given, name);
    if (existsSync(path)) return path;
    throw new AssetUnavailable(
      `KUBEMETRICS_E2E_ASSETS=${given} has no ${name}; put it there, or unset the variable to build it`,
    );
  }
  const source: Source = sources[name];
  const path = join(cacheFolder(), `${source.project}-${source.version}`, name);
  if (existsSync(path)) return path;
  requireGo(name, source.version);
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  console.log(`e2e: building ${name} ${source.version} (minutes on a cold cache) …`);
  await promisify(execFile)(
    "go",
    [
      "build",
      "-trimpath",
      "-tags",
      source.tags ?? "",
      "-ldflags",
      linkerFlags(source).join(" "),
      "-o",
      unfinished,
      source.package,
    ],
    { cwd: join(import.meta.dirname, source.module), maxBuffer: 1 << 26, env: { ...process.env, CGO_ENABLED: "0" } },
  );
  renameSync(unfinished, path);
  return path;
}

/** Without the stamp a Kubernetes program reports `v0.0.0-master+$Format:%H$` as its version. */
function linkerFlags(source: Source): string[] {
  const flags = ["-s", "-w"];
  if (source.project === "containerd") {
    flags.push("-X", `github.com/containerd/containerd/v2/version.Version=${source.version}`);
  }
  if (source.project !== "kubernetes") return flags;
  const [major = "", minor = ""] = source.version.slice(1).split(".");
  const stamps = {
    "k8s.io/component-base/version.gitVersion": source.version,
    "k8s.io/component-base/version.gitMajor": major,
    "k8s.io/component-base/version.gitMinor": minor,
    "k8s.io/client-go/pkg/version.gitVersion": source.version,
  };
  return flags.concat(Object.entries(stamps).flatMap(([variable, value]) => ["-X", `${variable}=${value}`]));
}

function requireGo(name: string, version: string): void {
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
  } catch (cause) {
    throw new AssetUnavailable(
      `the end-to-end suite builds ${name} from its Go module and found no "go" on PATH; install Go 1.26 or newer, ` +
        `or set KUBEMETRICS_E2E_ASSETS to a folder that holds ${name} ${version}`,
      { cause },
    );
  }
}
