/** Takes chosen headers out of raw header lines. Runs for every request, so it allocates only for what it takes. */

/** Which headers to take: by name, or by how the name starts. Lower case. */
export interface HeaderChoice {
  readonly names: ReadonlySet<string>;
  readonly prefixes: readonly string[];
  /** For each first character (lower case), whether a name could be chosen. */
  readonly firsts: Uint8Array;
}

export interface SplitHeaders {
  /** Names and values alternating, untouched. */
  readonly kept: string[];
  /** Lower-case name → values in order of arrival, without surrounding white space. In order of first arrival. */
  readonly taken: ReadonlyMap<string, readonly string[]>;
}

export function headerChoice(names: Iterable<string>, prefixes: Iterable<string>): HeaderChoice {
  const chosen = { names: new Set(lower(names)), prefixes: lower(prefixes), firsts: new Uint8Array(128) };
  for (const text of [...chosen.names, ...chosen.prefixes]) {
    if (text === "") chosen.firsts.fill(1);
    else chosen.firsts[text.charCodeAt(0) & 0x7f] = 1;
  }
  return chosen;
}

export function splitHeaders(rawHeaders: readonly string[], choice: HeaderChoice): SplitHeaders {
  const kept: string[] = [];
  const taken = new Map<string, string[]>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const value = rawHeaders[index + 1] ?? "";
    const first = name.charCodeAt(0);
    // Folds A–Z; a few other characters become possible too and fall out below.
    const couldBeChosen = choice.firsts[first >= 0x41 && first <= 0x5a ? first | 0x20 : first & 0x7f] === 1;
    const key = couldBeChosen ? chosenName(name, choice) : undefined;
    if (key === undefined) {
      kept.push(name, value);
      continue;
    }
    const values = taken.get(key);
    if (values === undefined) taken.set(key, [trimmed(value)]);
    else values.push(trimmed(value));
  }
  return { kept, taken };
}

function chosenName(name: string, choice: HeaderChoice): string | undefined {
  const key = lowerAscii(name);
  if (choice.names.has(key)) return key;
  for (const prefix of choice.prefixes) if (key.startsWith(prefix)) return key;
  return undefined;
}

/** Header names are ASCII; other characters must not be folded into it (U+212A would become "k"). */
export function lowerAscii(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Without spaces and tabs at the ends (RFC 9110 §5.5). */
export function trimmed(value: string): string {
  return isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1))
    ? value.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "")
    : value;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function lower(texts: Iterable<string>): string[] {
  return Array.from(texts, lowerAscii);
}
