/**
 * `pnpm e2e [loopback | node | programs] [--kubernetes=<minor>] [vitest arguments]`: the end-to-end suites.
 *
 * - `loopback`: the sandbox, and a real etcd and kube-apiserver on loopback. Needs Linux and Go (or built programs), nothing else.
 * - `node`: a real kubelet and containerd with real pods, in network, mount and process namespaces of the run's own. Needs Linux, root,
 *   runc, the CNI plugins, iproute2 and iptables. A machine that cannot says so and skips; with CI=true that is a failure.
 * - `programs`: only builds what the loopback suites need: a build beside suites would take the processors from them.
 * - `--kubernetes=1.31`: the core of the loopback suites against another pinned version; what is left out is printed with its reason.
 *
 * Everything a run leaves when it is killed is mended by the next one (`control-plane/leftovers.ts`).
 */
import { spawn, spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { commandLine, WrongArguments, type CommandLine } from "./command-line.ts";
import { AssetUnavailable, program, type Program } from "./control-plane/assets.ts";
import { kubernetesVersion, minorVariable } from "./control-plane/kubernetes-versions.ts";
import { beginRun, type RunRecord } from "./control-plane/leftovers.ts";
import { isolation, missingForNode } from "./control-plane/node-requirements.ts";
import { hostFolders } from "./control-plane/node.ts";
import { endsWithParent } from "./control-plane/process.ts";
import { coreOnly } from "./core.ts";

const root = resolve(import.meta.dirname, "..");

const corePrograms: Program[] = ["etcd", "kube-apiserver", "kubectl", "kube-controller-manager"];
const nodePrograms: Program[] = [
  "etcd",
  "kube-apiserver",
  "kubectl",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "containerd",
  "containerd-shim-runc-v2",
  "ctr",
  "load",
];

if (process.platform !== "linux") {
  console.log(
    `\n████ e2e: the end-to-end suites need Linux, and this is ${process.platform}; \`pnpm test\` runs everywhere.\n`,
  );
  process.exit(1);
}
const parts = { loopback: runLoopback, node: runNode, programs: buildCore };
const asked = readCommandLine();
process.env[minorVariable] = asked.kubernetes;

for (const part of asked.parts) {
  const status = await parts[part]();
  if (status !== 0) process.exitCode = status;
}

function readCommandLine(): CommandLine {
  try {
    return commandLine(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof WrongArguments)) throw error;
    console.log(`\n████ e2e: ${error.message}\n`);
    process.exit(2);
  }
}

async function runLoopback(): Promise<number> {
  const isWhole = kubernetesVersion().isNewest;
  if (!(await build(isWhole ? [...corePrograms, "metrics-server"] : corePrograms))) return 1;
  if (isWhole && startsNode() && !(await build(nodePrograms))) return 1;
  using run = beginRun([]);
  return await vitest("e2e", run.record, [], isWhole ? [] : coreOnly(asked.vitestArguments));
}

async function buildCore(): Promise<number> {
  return (await build(corePrograms)) ? 0 : 1;
}

async function runNode(): Promise<number> {
  const missing = missingForNode();
  if (missing.length > 0) {
    const outcome = process.env["CI"] === "true" ? "FAILED" : "SKIPPED";
    console.log(
      `\n████ e2e: the suite on a real node is ${outcome}: this machine lacks ${missing.join("; ")}.\n` +
        "████ Nothing is known about real kubelets and real pods from this run.\n",
    );
    return outcome === "FAILED" ? 1 : 0;
  }
  if (!(await build(nodePrograms))) return 1;
  const bundle = spawnSync(join(root, "node_modules/.bin/tsup"), ["--silent"], {
    cwd: join(root, "apps/metrics-server"),
    stdio: "inherit",
  });
  if (bundle.status !== 0) return bundle.status ?? 1;
  using run = beginRun(hostFolders);
  return await vitest("node", run.record, isolation, []);
}

/** Whether the suite of killed runs, which kills one on a real node, is among those that run. */
function startsNode(): boolean {
  const files = asked.vitestArguments.filter((argument) => argument.includes(".test.ts"));
  return missingForNode().length === 0 && (files.length === 0 || files.some((file) => file.includes("leftovers")));
}

/** Builds what is missing while there is a network; the suite has none. */
async function build(programs: readonly Program[]): Promise<boolean> {
  try {
    for (const name of programs) await program(name);
    return true;
  } catch (error) {
    if (!(error instanceof AssetUnavailable)) throw error;
    console.log(`\n████ e2e: ${error.message}\n`);
    return false;
  }
}

function vitest(
  project: string,
  record: RunRecord,
  prefix: readonly string[],
  files: readonly string[],
): Promise<number> {
  const [command = "", ...args] = [
    ...endsWithParent,
    ...prefix,
    process.execPath,
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--project",
    project,
    ...files,
    ...asked.vitestArguments,
  ];
  const isIsolated = prefix.length > 0;
  const env = {
    ...process.env,
    TMPDIR: record.stateFolder,
    ...(isIsolated && { KUBEMETRICS_E2E_CGROUP: record.cgroup }),
  };
  const child = spawn(command, args, { cwd: root, stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((done) => child.once("exit", (status, signal) => done(signal === null ? (status ?? 1) : 1)));
}
