/** The process: arguments, environment and signals in, exit code out. */
import { writeSync } from "node:fs";
import { runCommand } from "./command.ts";

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  // Written at once: the last line before the end must not be lost.
  err: (text) => void writeSync(2, text),
  signalled: firstSignal(),
});

/** A second signal ends the process at once. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isEnding = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (isEnding) process.exit(1);
        isEnding = true;
        resolve(signal);
      });
    }
  });
}
