/** The demo's command line. */
import { parseArgs } from "node:util";

export interface DemoOptions {
  /** Print one table and leave. */
  readonly isOnce: boolean;
  /** Simulated nodes; this machine comes on top. */
  readonly nodes: number;
  readonly podsPerNode: number;
  /** Port of the API server; 0: the system chooses. */
  readonly port: number;
  /** Where the kubeconfig and the log of metrics-server go. */
  readonly folder: string;
}

/** What to do: run, or show the help text. */
export type Command = { readonly kind: "run"; readonly options: DemoOptions } | { readonly kind: "help" };

/** The command line cannot be followed. The message lists every problem. */
export class ArgumentsInvalid extends Error {
  readonly code = "ARGUMENTS_INVALID";
}

export const helpText: string = `Starts a cluster on this machine, the real metrics-server in it, and shows what kubectl top would show.

  pnpm demo                          live table, until Ctrl-C
  pnpm demo --once                   one table
  pnpm demo --nodes 100 --pods 30    a cluster of that size

  --nodes N   simulated nodes beside this machine (default 3, at most 5000)
  --pods M    pods on each of them (default 8, at most 500)
  --port P    port of the API server on 127.0.0.1 (default 0: any free one)
  --dir D     folder for the kubeconfig and the log (default .demo)
  --once      print one table and leave
  --help      this text
`;

/** @throws ArgumentsInvalid */
export function parseDemoArguments(args: readonly string[]): Command {
  const problems: string[] = [];
  const values = readFlags(args, problems);
  const options: DemoOptions = {
    isOnce: values.once === true,
    nodes: wholeNumber("--nodes", values.nodes, 3, 5_000, problems),
    podsPerNode: wholeNumber("--pods", values.pods, 8, 500, problems),
    port: wholeNumber("--port", values.port, 0, 65_535, problems),
    folder: values.dir ?? ".demo",
  };
  if (values.help === true) return { kind: "help" };
  if (problems.length > 0) throw new ArgumentsInvalid(problems.join("\n"));
  return { kind: "run", options };
}

interface Flags {
  readonly once?: boolean;
  readonly help?: boolean;
  readonly nodes?: string;
  readonly pods?: string;
  readonly port?: string;
  readonly dir?: string;
}

const flags = {
  once: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  nodes: { type: "string" },
  pods: { type: "string" },
  port: { type: "string" },
  dir: { type: "string" },
} as const;

function readFlags(args: readonly string[], problems: string[]): Flags {
  // Package managers pass the separator on.
  const own = args.filter((argument) => argument !== "--");
  const { values, positionals, tokens } = parseArgs({
    args: own,
    options: flags,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const text of positionals) problems.push(`"${text}" is no flag; --help shows them`);
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name as keyof typeof flags] : undefined;
    if (flag === undefined) problems.push(`${token.rawName} is not known; --help shows all flags`);
    else if (flag.type === "string" && token.value === undefined) problems.push(`${token.rawName} needs a value`);
    else if (flag.type === "boolean" && token.value !== undefined) problems.push(`${token.rawName} takes no value`);
  }
  return values as Flags;
}

function wholeNumber(flag: string, text: unknown, fallback: number, maximum: number, problems: string[]): number {
  if (typeof text !== "string") return fallback;
  if (/^\d+$/.test(text) && Number(text) <= maximum) return Number(text);
  problems.push(`${flag} is "${text}"; it must be a whole number from 0 to ${maximum}`);
  return fallback;
}
