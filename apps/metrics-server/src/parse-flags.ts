import { FlagValueInvalid, type Flag, type FlagTable, type FlagValues } from "./flag.ts";
import { nearestName } from "./nearest-name.ts";

/** A command line that cannot be used. `problems` names everything that is wrong with it; `message` is all of them, one a line. */
export class FlagsInvalid extends Error {
  readonly code = "FLAGS_INVALID";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "FlagsInvalid";
    this.problems = problems;
  }
}

export interface ParsedFlags<Table> {
  readonly values: FlagValues<Table>;
  /** Names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  /** One for each given flag without effect, with the reason. */
  readonly warnings: readonly string[];
  /** Wrong flags and values. */
  readonly problems: readonly string[];
}

/**
 * Reads a command line by the rules of Go programs with pflag: `--a=b`, `--a b`, `-v 4`, `-v4`, `--switch`, `--switch=false`,
 * repeated flags, `--` at the end. Reads on after a mistake, so that all of them are found at once.
 */
export function parseFlags<Table extends FlagTable>(table: Table, args: readonly string[]): ParsedFlags<Table> {
  const reading = new Reading(table);
  reading.all(args);
  return {
    values: reading.values as FlagValues<Table>,
    given: new Set(reading.found.keys()),
    warnings: [...reading.found].flatMap(([name, { flag, value }]) => {
      const reason = flag.withoutEffect?.(value);
      return reason === undefined ? [] : [`--${name} has no effect: ${reason}`];
    }),
    problems: [
      ...reading.problems,
      ...[...reading.found].flatMap(([name, { flag, value }]) => {
        const reason = flag.refused?.(value);
        return reason === undefined
          ? []
          : [`--${name} is refused, because going on without it would weaken security: ${reason}`];
      }),
    ],
  };
}

class Reading {
  readonly found = new Map<string, { readonly flag: Flag<unknown>; readonly value: unknown }>();
  readonly problems: string[] = [];
  readonly #table: ReadonlyMap<string, Flag<unknown>>;
  readonly #shorts: ReadonlyMap<string, string>;

  constructor(table: FlagTable) {
    this.#table = new Map(Object.entries(table) as [string, Flag<unknown>][]);
    this.#shorts = new Map(
      [...this.#table].flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name] as const])),
    );
  }

  get values(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      [...this.#table].map(([name, { initial }]) => [
        name,
        this.found.has(name) ? this.found.get(name)?.value : initial,
      ]),
    );
  }

  all(args: readonly string[]): void {
    for (let at = 0; at < args.length; at++) {
      const arg = args[at] ?? "";
      if (arg === "--") {
        for (const rest of args.slice(at + 1)) this.#positional(rest, undefined);
        return;
      }
      if (arg.startsWith("--")) at += this.#long(arg.slice(2), args[at + 1]);
      else if (arg.startsWith("-") && arg.length > 1) at += this.#short(arg.slice(1), args[at + 1]);
      else this.#positional(arg, args[at - 1]);
    }
  }

  /** @returns how many further arguments were used up */
  #long(body: string, next: string | undefined): number {
    const equals = body.indexOf("=");
    const written = equals === -1 ? body : body.slice(0, equals);
    // klog's own flags are written with underscores.
    const name = this.#table.has(written) ? written : written.replaceAll("_", "-");
    const flag = this.#table.get(name);
    if (flag === undefined) {
      this.#unknown(`--${written}`, name);
      return equals === -1 && next !== undefined && !next.startsWith("-") ? 1 : 0;
    }
    return this.#value(`--${name}`, name, flag, equals === -1 ? undefined : body.slice(equals + 1), next);
  }

  #short(body: string, next: string | undefined): number {
    const letter = body.slice(0, 1);
    const name = this.#shorts.get(letter);
    const flag = name === undefined ? undefined : this.#table.get(name);
    if (name === undefined || flag === undefined) {
      const long = body.split("=", 1)[0] ?? "";
      this.problems.push(
        this.#table.has(long)
          ? `unknown flag -${long}: long flags take two dashes, --${long}`
          : `unknown flag -${letter}`,
      );
      return 0;
    }
    const rest = body.slice(1);
    return this.#value(`-${letter}`, name, flag, rest === "" ? undefined : rest.replace(/^=/, ""), next);
  }

  #value(
    written: string,
    name: string,
    flag: Flag<unknown>,
    inline: string | undefined,
    next: string | undefined,
  ): number {
    if (inline !== undefined || flag.isSwitch === true) {
      this.#take(written, name, flag, inline ?? "true");
      return 0;
    }
    if (next === undefined) {
      this.problems.push(`${written} needs a value`);
      return 0;
    }
    this.#take(written, name, flag, next);
    return 1;
  }

  #take(written: string, name: string, flag: Flag<unknown>, text: string): void {
    try {
      this.found.set(name, { flag, value: flag.read(text, this.found.get(name)?.value) });
    } catch (error) {
      if (!(error instanceof FlagValueInvalid)) throw error;
      this.problems.push(`${written}=${JSON.stringify(text)} ${error.message}`);
    }
  }

  #unknown(written: string, name: string): void {
    const near = nearestName(name, this.#table.keys());
    this.problems.push(
      near === undefined ? `unknown flag ${written}` : `unknown flag ${written}; did you mean --${near}?`,
    );
  }

  #positional(arg: string, before: string | undefined): void {
    const name = before?.startsWith("--") === true ? before.slice(2) : "";
    const isSwitch = this.#table.get(name)?.isSwitch === true;
    this.problems.push(
      `unexpected argument ${JSON.stringify(arg)}${isSwitch ? `; did you mean --${name}=${arg}?` : ""}`,
    );
  }
}
