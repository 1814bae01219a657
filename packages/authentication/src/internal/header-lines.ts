/** Takes chosen headers out of raw header lines. Runs for every request, so it allocates only for what it takes. */

/** Which headers to take: by name, or by how the name starts. Lower case. */
export interface HeaderChoice {
  readonly names: ReadonlySet<string>;
  readonly prefixes: readonly string[];
  /** For each first and each third character (lower case), whether a name could be chosen. */
  readonly firsts: Uint8Array;
  readonly thirds: Uint8Array;
}

/** Lower-case names and their values (trimmed) alternating, in order of arrival. */
export type TakenHeaders = readonly string[];

export interface SplitHeaders {
  /** Names and values alternating, untouched. */
  readonly kept: string[];
  readonly taken: TakenHeaders;
}

export function headerChoice(names: Iterable<string>, prefixes: Iterable<string>): HeaderChoice {
  const choice = {
    names: new Set(Array.from(names, lowerAscii)),
    prefixes: [...new Set(Array.from(prefixes, lowerAscii))],
    firsts: new Uint8Array(256),
    thirds: new Uint8Array(256),
  };
  for (const text of [...choice.names, ...choice.prefixes]) {
    for (const [index, mark] of [
      [0, choice.firsts],
      [2, choice.thirds],
    ] as const) {
      if (index < text.length) mark[text.charCodeAt(index) & 0xff] = 1;
      else mark.fill(1);
    }
  }
  return choice;
}

export function splitHeaders(rawHeaders: readonly string[], choice: HeaderChoice): SplitHeaders {
  const kept: string[] = [];
  const taken: string[] = [];
  const { firsts, thirds } = choice;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const value = rawHeaders[index + 1] ?? "";
    // Two characters tell most headers apart before anything is copied; bit 5 makes letters lower case.
    const isCandidate = marked(firsts, name.charCodeAt(0)) && (name.length < 3 || marked(thirds, name.charCodeAt(2)));
    const key = isCandidate ? chosenName(name, choice) : undefined;
    if (key === undefined) kept.push(name, value);
    else taken.push(key, trimmed(value));
  }
  return { kept, taken };
}

/** The first value of a header, as Go's `Header.Get`. `name` in lower case. */
export function firstTaken(taken: TakenHeaders, name: string): string | undefined {
  for (let index = 0; index < taken.length; index += 2) if (taken[index] === name) return taken[index + 1];
  return undefined;
}

function marked(marks: Uint8Array, code: number): boolean {
  return marks[code] === 1 || (code >= 0x41 && code <= 0x5a && marks[code | 0x20] === 1);
}

function chosenName(name: string, choice: HeaderChoice): string | undefined {
  // Header names come as latin-1, in which no other character becomes an ASCII letter.
  const key = name.toLowerCase();
  if (choice.names.has(key)) return key;
  for (const prefix of choice.prefixes) if (key.startsWith(prefix)) return key;
  return undefined;
}

/** For configured names, which may hold any character: only A–Z are folded (U+212A would become "k"). */
export function lowerAscii(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Without spaces and tabs at the ends (RFC 9110 §5.5). */
export function trimmed(value: string): string {
  return trimmedOf(value, isBlank);
}

/** By index, not by regular expression: `/ +$/` takes quadratic time on a megabyte of inner spaces. */
export function trimmedOf(text: string, isSpace: (code: number) => boolean): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
