/**
 * The real programs, built from their Go modules when missing.
 *
 * Binaries live outside the clone, by version: `~/.cache/kubemetrics/kubernetes-v1.37.2/kubectl`. A folder given by the environment variable
 * KUBEMETRICS_E2E_ASSETS is used instead, as envtest does: laid out like that one, or flat, for the newest Kubernetes. Two builds at once
 * are safe: each writes its own file and renames it.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { kubernetesVersion } from "./kubernetes-versions.ts";
import { sourceOf, type Program, type Source } from "./sources.ts";

export type { Program } from "./sources.ts";

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
  const source = sourceOf(name);
  const given = process.env["KUBEMETRICS_E2E_ASSETS"];
  if (given !== undefined) return givenProgram(given, source, name);
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

function givenProgram(assets: string, { project, version }: Source, name: Program): string {
  const mayBeFlat = project !== "kubernetes" || kubernetesVersion().isNewest;
  const paths = [join(assets, `${project}-${version}`, name), ...(mayBeFlat ? [join(assets, name)] : [])];
  const path = paths.find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new AssetUnavailable(
    `KUBEMETRICS_E2E_ASSETS=${assets} has no ${paths.map((missing) => relative(assets, missing)).join(" and no ")}; ` +
      "put it there, or unset the variable to build it",
  );
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
