/** Runs a kubectl: the pinned one, and whatever older one is on PATH. */
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { program } from "../control-plane/assets.ts";

export interface Kubectl {
  readonly name: string;
  /** Standard output of `kubectl <args>`; rejects with both outputs in the message when it fails. */
  readonly run: (kubeconfig: string, ...args: string[]) => Promise<string>;
}

/** The pinned kubectl, then an older one if this machine has it. */
export async function kubectls(): Promise<Kubectl[]> {
  const paths = new Set([await program("kubectl")]);
  try {
    paths.add(execFileSync("which", ["kubectl"], { encoding: "utf8" }).trim());
  } catch {
    console.log("e2e: no kubectl on PATH; only the pinned one is tried");
  }
  return Promise.all([...paths].map(async (path) => ({ name: await version(path), run: runner(path) })));
}

async function version(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ["version", "--client", "-o", "json"]);
  return `kubectl ${(JSON.parse(stdout) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion}`;
}

function runner(path: string): Kubectl["run"] {
  return async (kubeconfig, ...args) => {
    try {
      const { stdout } = await promisify(execFile)(path, ["--kubeconfig", kubeconfig, ...args], {
        maxBuffer: 1 << 28,
        timeout: 60_000,
        env: { ...process.env, HOME: process.env["KUBEMETRICS_E2E_HOME"] ?? process.env["HOME"] },
      });
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`kubectl ${args.join(" ")}\n${stdout}${stderr}`, { cause: error });
    }
  };
}

/** Rows of a printed table as cells; the header is row 0. Cells are split at two or more blanks. */
export function tableRows(printed: string): string[][] {
  return printed
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd().split(/\s{2,}|(?<=\S) (?=\S+$)/));
}
