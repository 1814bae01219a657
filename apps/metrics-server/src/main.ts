/** The process: arguments and environment in, exit code out. */
import { createLog } from "./log.ts";
import { flagSections } from "./flags.ts";
import { helpText } from "./help.ts";
import { startMetricsServer } from "./metrics-server.ts";
import { readCommandLine, type CommandLine } from "./options-from-flags.ts";
import { version } from "./version.ts";

process.exitCode = await run(process.argv.slice(2));

async function run(args: readonly string[]): Promise<number> {
  let commandLine: CommandLine;
  try {
    commandLine = readCommandLine(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\nmetrics-server --help shows all flags.\n`);
    return 1;
  }
  if (commandLine.action === "help") {
    const about = "Collects usage from the kubelets and serves it as metrics.k8s.io, for kubectl top and autoscalers.";
    process.stdout.write(helpText(about, "metrics-server [flags]", flagSections));
    return 0;
  }
  if (commandLine.action === "version") {
    process.stdout.write(`v${version}\n`);
    return 0;
  }
  return serve(commandLine);
}

async function serve({ options, warnings }: CommandLine): Promise<number> {
  const log = createLog(options.logging);
  for (const warning of warnings) log.warn({}, warning);
  const signalled = firstSignal();
  try {
    const server = await startMetricsServer(options, { log, environment: process.env });
    const signal = await signalled;
    log.info({ signal }, "ending: running requests are answered first; a second signal ends at once");
    await server.close();
    log.info({}, "ended");
    return 0;
  } catch (error) {
    log.error({}, (error as Error).message);
    return 1;
  }
}

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
