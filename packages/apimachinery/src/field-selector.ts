/** Field selectors: conditions on a few fields, such as `metadata.name=a`. */
import { compareBytes } from "./byte-order.ts";
import { goQuote } from "./go-quote.ts";
import { SelectorInvalid } from "./selector-invalid.ts";

/** `==` is read as `=`. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** The values of an object's fields; a Map fits. An absent field is the empty text. */
export interface FieldValues {
  get(field: string): string | undefined;
}

/** The fields that every resource supports. */
export const metadataFields: readonly string[] = Object.freeze(["metadata.name", "metadata.namespace"]);

/** All requirements must hold. Without requirements, everything matches. */
export class FieldSelector {
  readonly requirements: readonly FieldRequirement[];
  readonly isEmpty: boolean;

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
    this.isEmpty = requirements.length === 0;
  }

  matches(fields: FieldValues): boolean {
    for (const { field, operator, value } of this.requirements) {
      if (((fields.get(field) ?? "") === value) !== (operator === "=")) return false;
    }
    return true;
  }

  /** The value that the field must have, if the selector fixes one: a request for one name is authorized as such. */
  exactValue(field: string): string | undefined {
    return this.requirements.find((term) => term.field === field && term.operator === "=")?.value;
  }

  /** Canonical text, values escaped. */
  toString(): string {
    return this.requirements.map((term) => `${term.field}${term.operator}${escapeFieldValue(term.value)}`).join(",");
  }
}

/** Escapes `\`, `,` and `=` so that a value can stand in selector text. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, "\\$&");
}

/**
 * Reads selector text: `metadata.name=a,spec.x!=b`. Terms come out in byte order of their text.
 *
 * @throws SelectorInvalid with upstream's text
 * @see apimachinery `pkg/fields/selector.go`
 */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).toSorted(compareBytes)) {
    if (term === "") continue;
    const operatorMatch = /!=|==?/.exec(term);
    if (operatorMatch === null) throw new SelectorInvalid(`invalid selector: '${text}'; can't understand '${term}'`);
    const operator = operatorMatch[0];
    const field = term.slice(0, operatorMatch.index);
    const value = unescapeValue(term.slice(operatorMatch.index + operator.length));
    // A term such as "=" says nothing; upstream drops it.
    if (field !== "" || value !== "") requirements.push({ field, operator: operator === "!=" ? "!=" : "=", value });
  }
  return new FieldSelector(requirements);
}

/**
 * Refuses fields that the resource does not support.
 *
 * @param supported - at least one field, in the order the message lists them
 * @throws SelectorInvalid: `"a" is not a known field selector: only "metadata.name", "metadata.namespace"`
 * @see apimachinery `pkg/runtime/conversion.go` (DefaultMetaV1FieldSelectorConversion)
 */
export function requireSupportedFields(selector: FieldSelector, supported: readonly string[] = metadataFields): void {
  for (const { field } of selector.requirements) {
    if (supported.includes(field)) continue;
    const known = supported.map(goQuote).join(", ");
    throw new SelectorInvalid(`${goQuote(field)} is not a known field selector: only ${known}`);
  }
}

/** Splits at commas that are not escaped; escapes stay. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let position = 0; position < text.length; position++) {
    const char = text[position];
    if (char === "\\") position++;
    else if (char === ",") {
      terms.push(text.slice(start, position));
      start = position + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text;
  let value = "";
  let escaping = false;
  for (const char of text) {
    const special = char === "\\" || char === "," || char === "=";
    if (escaping && !special) throw new SelectorInvalid(`invalid field selector: invalid escape sequence: \\${char}`);
    if (!escaping && special && char !== "\\") {
      throw new SelectorInvalid(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    }
    if (!escaping && char === "\\") escaping = true;
    else {
      value += char;
      escaping = false;
    }
  }
  if (escaping) throw new SelectorInvalid("invalid field selector: invalid escape sequence: \\");
  return value;
}
