/** A child process that cannot outlive its test: log file, exit reason, bounded stop. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  readonly logFile: string;
  /** Resolves with the reason and the end of its log when the process ends. */
  readonly exited: Promise<string>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

const setpriv = "/usr/bin/setpriv";
/** Put before a command: a runner that is killed with SIGKILL runs no handler, so the kernel takes its children with it (Linux). */
export const endsWithParent: readonly string[] = existsSync(setpriv) ? [setpriv, "--pdeathsig", "KILL", "--"] : [];

/** Starts a program with its output in `<folder>/<name>.log`; disposing sends SIGTERM, and SIGKILL after 8 s. */
export function startProcess(
  name: string,
  path: string,
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): RunningProcess {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, "a");
  const [command = path, ...rest] = [...endsWithParent, path, ...args];
  const child = spawn(command, rest, { cwd: folder, env, stdio: ["ignore", log, log] });
  closeSync(log);
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`${name} did not start: ${error.message}`));
    child.once("exit", (code, signal) => {
      process.off("exit", kill);
      const tail = readFileSync(logFile, "utf8").slice(-2_000);
      resolve(`${name} ended with ${signal ?? `status ${code}`}; its log ends:\n${tail}`);
    });
  });
  return {
    pid: child.pid ?? 0,
    logFile,
    exited,
    async kill() {
      kill();
      await exited;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const timer = setTimeout(kill, 8_000);
      await exited;
      clearTimeout(timer);
    },
  };
}
