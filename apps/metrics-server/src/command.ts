/** What the program does with its arguments, apart from the process it runs in. */
import { createLog } from "./log.ts";
import { flagSections } from "./flags.ts";
import { helpText } from "./help.ts";
import { startMetricsServer } from "./metrics-server.ts";
import { readCommandLine, type CommandLine } from "./options-from-flags.ts";
import { version } from "./version.ts";

export interface CommandSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Resolves with the name of the signal that asks to end. */
  readonly signalled: Promise<string>;
}

/** Runs to the end and returns the exit code. */
export async function runCommand(args: readonly string[], around: CommandSurroundings): Promise<number> {
  let commandLine: CommandLine;
  try {
    commandLine = readCommandLine(args);
  } catch (error) {
    around.err(`${(error as Error).message}\n\nmetrics-server --help shows all flags.\n`);
    return 1;
  }
  if (commandLine.action === "serve") return serve(commandLine, around);
  const about = "Collects usage from the kubelets and serves it as metrics.k8s.io, for kubectl top and autoscalers.";
  around.out(
    commandLine.action === "version" ? `v${version}\n` : helpText(about, "metrics-server [flags]", flagSections),
  );
  return 0;
}

async function serve({ options, warnings }: CommandLine, around: CommandSurroundings): Promise<number> {
  const log = createLog(options.logging, around.err);
  for (const warning of warnings) log.warn({}, warning);
  try {
    const server = await startMetricsServer(options, { log, environment: around.environment });
    const signal = await around.signalled;
    log.info({ signal }, "ending: running requests are answered first; a second signal ends at once");
    await server.close();
    log.info({}, "ended");
    return 0;
  } catch (error) {
    log.error({}, (error as Error).message);
    return 1;
  }
}
