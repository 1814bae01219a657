/** Reads an Accept header as upstream does, order included. */

export interface AcceptClause {
  readonly type: string;
  readonly subtype: string;
  /** `q`; 0 is not honoured as a refusal, only sorted last. */
  readonly quality: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Clauses by preference. Names are case-sensitive, malformed clauses are left out.
 *
 * Sorting takes quadratic time, so callers bound the text (see `readKnownHeaders`).
 *
 * @see munnerz/goautoneg
 */
export function parseAccept(header: string): readonly AcceptClause[] {
  const clauses: AcceptClause[] = [];
  for (const part of header.split(",")) {
    const clause = readClause(trimSpaces(part));
    if (clause !== undefined) insertByPreference(clauses, clause);
  }
  return clauses;
}

function readClause(text: string): AcceptClause | undefined {
  const [range = "", ...parameterTexts] = text.split(";");
  const names = range.split("/");
  const type = trimSpaces(names[0] ?? "");
  let subtype = names[1] ?? "";
  if (subtype === "" && names.length < 3) {
    if (type !== "*") return undefined;
    subtype = "*";
  } else if (names.length > 2 && names.slice(2).join("/") !== "") {
    return undefined;
  }
  let quality = 1;
  const parameters = new Map<string, string>();
  for (const parameter of parameterTexts) {
    const [name = "", value = "", ...more] = parameter.split("=");
    if (value === "" || more.join("=") !== "") continue;
    if (trimSpaces(name) === "q") quality = readQuality(value);
    else parameters.set(trimSpaces(name), trimSpaces(value));
  }
  return { type, subtype: trimSpaces(subtype), quality, parameters };
}

/**
 * Insertion sort with upstream's comparison, which is no order: a lower `q` still moves before a wildcard. The result
 * depends on the algorithm, so the algorithm is part of the contract.
 */
function insertByPreference(clauses: AcceptClause[], clause: AcceptClause): void {
  let at = clauses.length;
  while (at > 0 && comesBefore(clause, clauses[at - 1])) at--;
  clauses.splice(at, 0, clause);
}

function comesBefore(a: AcceptClause, b: AcceptClause | undefined): boolean {
  if (b === undefined) return false;
  if (a.quality > b.quality) return true;
  if (a.type !== "*" && b.type === "*") return true;
  return a.subtype !== "*" && b.subtype === "*";
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function readQuality(text: string): number {
  if (decimal.test(text)) return Math.fround(Number(text));
  if (/^\+?inf(?:inity)?$/i.test(text)) return Infinity;
  return 0;
}

/** Without a regular expression: ` +$` takes quadratic time on spaces inside. */
export function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) === space) start++;
  while (end > start && text.charCodeAt(end - 1) === space) end--;
  return text.slice(start, end);
}

const space = 0x20;
