/** The process: arguments, environment and signals in, exit code out. */
import { runCommand } from "./command.ts";
import { writeToStandardError } from "./standard-error.ts";

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  err: writeToStandardError,
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
