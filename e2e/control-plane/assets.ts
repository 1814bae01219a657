/**
 * The real Kubernetes programs, built from their Go modules when missing.
 *
 * Binaries live outside the clone, by version: `~/.cache/kubemetrics/kubernetes-v1.37.2/kubectl`. A folder given by the environment variable
 * KUBEMETRICS_E2E_ASSETS is used instead, as envtest does. Two builds at once are safe: each writes its own file and renames it.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The Kubernetes version that `go.mod` pins. */
export const kubernetesVersion = "v1.37.2";

export type KubernetesProgram = "kubectl" | "kube-apiserver" | "kube-controller-manager" | "kubelet";

const run = promisify(execFile);

/** A program is missing and cannot be built. `message` says what to install. */
export class AssetUnavailable extends Error {
  readonly code = "ASSET_UNAVAILABLE";
}

/** Path of the program, built first when it is not there (minutes on a cold cache). */
export async function kubernetesProgram(name: KubernetesProgram): Promise<string> {
  const given = process.env["KUBEMETRICS_E2E_ASSETS"];
  if (given !== undefined) {
    const path = join(given, name);
    if (existsSync(path)) return path;
    throw new AssetUnavailable(
      `KUBEMETRICS_E2E_ASSETS=${given} has no ${name}; put it there, or unset the variable to build it`,
    );
  }
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const path = join(cache, "kubemetrics", `kubernetes-${kubernetesVersion}`, name);
  if (existsSync(path)) return path;
  requireGo(name);
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const [, minor] = kubernetesVersion.split(".");
  const stamps = {
    "k8s.io/component-base/version.gitVersion": kubernetesVersion,
    "k8s.io/component-base/version.gitMajor": "1",
    "k8s.io/component-base/version.gitMinor": minor,
    "k8s.io/client-go/pkg/version.gitVersion": kubernetesVersion,
  };
  const flags = ["-s", "-w", ...Object.entries(stamps).flatMap(([variable, value]) => ["-X", `${variable}=${value}`])];
  console.log(`e2e: building ${name} ${kubernetesVersion} (minutes on a cold cache) …`);
  await run(
    "go",
    ["build", "-trimpath", "-ldflags", flags.join(" "), "-o", unfinished, `k8s.io/kubernetes/cmd/${name}`],
    {
      cwd: dirname(fileURLToPath(import.meta.url)),
      maxBuffer: 1 << 26,
    },
  );
  renameSync(unfinished, path);
  return path;
}

function requireGo(name: string): void {
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
  } catch (cause) {
    throw new AssetUnavailable(
      `the end-to-end suite builds ${name} from its Go module and found no "go" on PATH; install Go 1.26 or newer, ` +
        `or set KUBEMETRICS_E2E_ASSETS to a folder that holds ${name} ${kubernetesVersion}`,
      { cause },
    );
  }
}
