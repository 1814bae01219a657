/** Runs a kubectl: the pinned one, and whatever older one is on PATH. */
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { program } from "../control-plane/assets.ts";
import { kubernetesVersion } from "../control-plane/kubernetes-versions.ts";
import { applies } from "./kubernetes-skips.ts";

export interface Kubectl {
  readonly name: string;
  /** Standard output of `kubectl <args>`; rejects with both outputs in the message when it fails. */
  readonly run: (kubeconfig: string, ...args: string[]) => Promise<string>;
  /** Everything an operator sees of it, failed or not. */
  readonly outcome: (kubeconfig: string, ...args: string[]) => Promise<Outcome>;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The pinned kubectl, then, beside the newest, an older one if this machine has it. */
export async function kubectls(): Promise<Kubectl[]> {
  const paths = new Set([await program("kubectl")]);
  const { isNewest } = kubernetesVersion();
  if (applies(isNewest, "the kubectl on PATH", "an older kube-apiserver is asked by its own")) addFromPath(paths);
  return Promise.all([...paths].map(async (path) => ({ name: await version(path), ...runner(path) })));
}

function addFromPath(paths: Set<string>): void {
  try {
    paths.add(execFileSync("which", ["kubectl"], { encoding: "utf8" }).trim());
  } catch {
    console.log("e2e: no kubectl on PATH; only the pinned one is tried");
  }
}

async function version(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ["version", "--client", "-o", "json"]);
  return `kubectl ${(JSON.parse(stdout) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion}`;
}

function runner(path: string): Pick<Kubectl, "run" | "outcome"> {
  const env = { ...process.env, HOME: process.env["KUBEMETRICS_E2E_HOME"] ?? process.env["HOME"] };
  const outcome: Kubectl["outcome"] = (kubeconfig, ...args) =>
    new Promise((resolve, reject) => {
      const options = { maxBuffer: 1 << 28, timeout: 60_000, env };
      execFile(path, ["--kubeconfig", kubeconfig, ...args], options, (error, stdout, stderr) => {
        // Not started, or ended by the time limit: no outcome of its own.
        if (error !== null && typeof error.code !== "number") reject(error);
        else resolve({ status: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  const run: Kubectl["run"] = async (kubeconfig, ...args) => {
    const { status, stdout, stderr } = await outcome(kubeconfig, ...args);
    if (status !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`);
    return stdout;
  };
  return { run, outcome };
}

/** Rows of a printed table as cells; the header is row 0. Cells are split at two or more blanks. */
export function tableRows(printed: string): string[][] {
  return printed
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd().split(/\s{2,}|(?<=\S) (?=\S+$)/));
}
