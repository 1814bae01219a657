/** One condition of a label selector. */
import { compareBytes } from "./byte-order.ts";
import { fieldErrorsText, type FieldError, type FieldValue } from "./field-error.ts";
import { labelKeyProblems, labelValueProblems } from "./internal/label-syntax.ts";
import type { Labels } from "./labels.ts";
import { SelectorInvalid } from "./selector-invalid.ts";

/** `exists` is written `key`, `!` is written `!key`, `gt` and `lt` are `>` and `<`. */
export type LabelOperator = "in" | "notin" | "=" | "==" | "!=" | "exists" | "!" | "gt" | "lt";

/** From this many values on, a set is faster than looking through the list. */
const setFrom = 8;

/**
 * A key, an operator and its values (in byte order).
 *
 * `notin` and `!=` also match objects without the key. `gt` and `lt` compare int64 and match no value that is not one.
 */
export class LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
  readonly #only: string;
  readonly #set: ReadonlySet<string> | undefined;
  readonly #bound: bigint;

  /**
   * Values are sorted; doubles stay.
   *
   * @throws SelectorInvalid naming everything that is wrong with the key, the values or their number
   */
  constructor(key: string, operator: LabelOperator, values: readonly string[]) {
    const problems = requirementProblems(key, operator, values);
    if (problems.length > 0) throw new SelectorInvalid(fieldErrorsText(problems));
    this.key = key;
    this.operator = operator;
    this.values = values.toSorted(compareBytes);
    this.#only = this.values[0] ?? "";
    this.#set = values.length >= setFrom ? new Set(values) : undefined;
    this.#bound = operator === "gt" || operator === "lt" ? (parseInt64(this.#only) ?? 0n) : 0n;
  }

  matches(labels: Labels): boolean {
    const value = labels.get(this.key);
    switch (this.operator) {
      case "=":
      case "==":
        return value === this.#only;
      case "!=":
        return value !== this.#only;
      case "in":
        return value !== undefined && this.#has(value);
      case "notin":
        return value === undefined || !this.#has(value);
      case "exists":
        return value !== undefined;
      case "!":
        return value === undefined;
      case "gt":
      case "lt":
        return value !== undefined && this.#isBeyond(value);
    }
  }

  #has(value: string): boolean {
    return this.#set === undefined ? this.values.includes(value) : this.#set.has(value);
  }

  #isBeyond(value: string): boolean {
    const number = parseInt64(value);
    if (number === undefined) return false;
    return this.operator === "gt" ? number > this.#bound : number < this.#bound;
  }

  /** The text form: `a=1`, `a in (1,2)`, `!a`, `a>1`. */
  toString(): string {
    const values = this.values.join(",");
    switch (this.operator) {
      case "exists":
        return this.key;
      case "!":
        return `!${this.key}`;
      case "gt":
        return `${this.key}>${values}`;
      case "lt":
        return `${this.key}<${values}`;
      case "in":
      case "notin":
        return `${this.key} ${this.operator} (${values})`;
      default:
        return `${this.key}${this.operator}${values}`;
    }
  }
}

function requirementProblems(key: string, operator: LabelOperator, values: readonly string[]): FieldError[] {
  const problems: FieldError[] = [];
  const keyProblems = labelKeyProblems(key);
  if (keyProblems.length > 0) problems.push(invalidField("key", key, keyProblems.join("; ")));
  const countProblem = valueCountProblem(operator, values.length);
  if (countProblem !== "") problems.push(invalidField("values", values.length === 0 ? null : values, countProblem));
  if (operator === "gt" || operator === "lt") {
    for (const [index, value] of values.entries()) {
      if (parseInt64(value) !== undefined) continue;
      problems.push(invalidField(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
  }
  for (const [index, value] of values.entries()) {
    const valueProblems = labelValueProblems(value);
    if (valueProblems.length === 0) continue;
    problems.push(invalidField(`values[${index}][${key}]`, value, valueProblems.join("; ")));
  }
  return problems;
}

function valueCountProblem(operator: LabelOperator, count: number): string {
  switch (operator) {
    case "in":
    case "notin":
      return count > 0 ? "" : "for 'in', 'notin' operators, values set can't be empty";
    case "exists":
    case "!":
      return count === 0 ? "" : "values set must be empty for exists and does not exist";
    case "gt":
    case "lt":
      return count === 1 ? "" : "for 'Gt', 'Lt' operators, exactly one value is required";
    default:
      return count === 1 ? "" : "exact-match compatibility requires one single value";
  }
}

function invalidField(field: string, value: FieldValue, detail: string): FieldError {
  return { type: "FieldValueInvalid", field, value, detail };
}

const int64Text = /^[+-]?0*(\d{1,19})$/;
const maximum = 2n ** 63n;

/** A decimal int64, as Go's `ParseInt` reads it. */
function parseInt64(text: string): bigint | undefined {
  const digits = int64Text.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const absolute = BigInt(digits);
  if (text.startsWith("-")) return absolute <= maximum ? -absolute : undefined;
  return absolute < maximum ? absolute : undefined;
}
