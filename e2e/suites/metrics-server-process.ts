/** The real app as a child process, from source, with its log in a file. */
import { join, resolve } from "node:path";
import { startProcess, type RunningProcess } from "../control-plane/process.ts";

const root = resolve(import.meta.dirname, "../..");

/** `node apps/metrics-server/src/main.ts <flags>`, as the demo and the bundle run it. */
export function startMetricsServerProcess(folder: string, flags: readonly string[]): RunningProcess {
  return startProcess("metrics-server", process.execPath, folder, [
    "--conditions=kubemetrics-source",
    "--disable-warning=ExperimentalWarning",
    join(root, "apps/metrics-server/src/main.ts"),
    ...flags,
  ]);
}

/** Waits until `check` gives a value; rejects with the last reason, or when the process ends first. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined>,
  limitMs: number,
  process?: RunningProcess,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let ended: string | undefined;
  void process?.exited.then((reason) => (ended = reason));
  for (;;) {
    let reason: unknown = "not yet";
    try {
      const value = await check();
      if (value !== undefined) return value;
    } catch (error) {
      reason = error;
    }
    if (ended !== undefined) throw new Error(ended);
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`, { cause: reason });
    await new Promise((elapsed) => setTimeout(elapsed, 100));
  }
}
