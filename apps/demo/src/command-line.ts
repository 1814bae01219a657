/** The demo as a program: arguments and signals in, exit code out. */
import { helpText, parseDemoArguments, type Command } from "./arguments.ts";
import { runDemo } from "./demo.ts";
import type { MetricsServerProcess } from "./metrics-server-process.ts";

/** Resolves with the exit code when nothing of the demo is left. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let command: Command;
  try {
    command = parseDemoArguments(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
  if (command.kind === "help") {
    process.stdout.write(helpText);
    return 0;
  }
  let server: MetricsServerProcess | undefined;
  const leave = leaveOnSignal();
  // Whatever ends this process, the one it started ends too.
  process.on("exit", () => server?.kill());
  // A reader that went away (`demo | head`) is a wish to leave, not an error.
  process.stdout.on("error", () => process.emit("SIGTERM"));
  try {
    await runDemo(command.options, { output: process.stdout, leave, onProcess: (started) => (server = started) });
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** Aborted by the first signal; a second one ends the process at once. */
function leaveOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}
