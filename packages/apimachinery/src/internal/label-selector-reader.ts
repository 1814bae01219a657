/** The grammar of label selector text. Error texts name the same token as upstream's. */
import { compareBytes } from "../byte-order.ts";
import { fieldErrorsText } from "../field-error.ts";
import { LabelRequirement, type LabelOperator } from "../label-requirement.ts";
import { SelectorInvalid } from "../selector-invalid.ts";
import { labelKeyProblems } from "./label-syntax.ts";
import { SelectorTokens, type Token } from "./label-selector-tokens.ts";

const operators: ReadonlyMap<string, LabelOperator> = new Map<string, LabelOperator>([
  ["in", "in"],
  ["notin", "notin"],
  ["=", "="],
  ["==", "=="],
  ["!=", "!="],
  [">", "gt"],
  ["<", "lt"],
]);

export class SelectorReader {
  readonly #tokens: SelectorTokens;

  constructor(text: string) {
    this.#tokens = new SelectorTokens(text);
  }

  read(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    const first = this.#tokens.peek();
    if (first.kind === "end") return requirements;
    if (!startsRequirement(first)) {
      throw new SelectorInvalid(`found '${first.text}', expected: !, identifier, or 'end of string'`);
    }
    for (;;) {
      requirements.push(this.#requirement());
      const next = this.#tokens.take();
      if (next.kind === "end") return requirements;
      if (next.text !== ",") throw new SelectorInvalid(`found '${next.text}', expected: ',' or 'end of string'`);
      const following = this.#tokens.peek();
      if (!startsRequirement(following)) {
        throw new SelectorInvalid(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): LabelRequirement {
    try {
      return this.#requirementParts();
    } catch (error) {
      if (!(error instanceof SelectorInvalid)) throw error;
      throw new SelectorInvalid(`unable to parse requirement: ${error.message}`, { cause: error });
    }
  }

  #requirementParts(): LabelRequirement {
    const negated = this.#tokens.peek().text === "!";
    if (negated) this.#tokens.take();
    const key = this.#tokens.take();
    if (key.kind !== "word") throw new SelectorInvalid(`found '${key.text}', expected: identifier`);
    const problems = labelKeyProblems(key.text);
    if (problems.length > 0) {
      const error = {
        type: "FieldValueInvalid",
        field: "<nil>",
        value: key.text,
        detail: problems.join("; "),
      } as const;
      throw new SelectorInvalid(fieldErrorsText([error]));
    }
    if (negated) return new LabelRequirement(key.text, "!", []);
    if (endsRequirement(this.#tokens.peek())) return new LabelRequirement(key.text, "exists", []);
    const operator = this.#operator();
    const values = operator === "in" || operator === "notin" ? this.#values() : [this.#value()];
    return new LabelRequirement(key.text, operator, values);
  }

  #operator(): LabelOperator {
    const token = this.#tokens.take();
    const operator = operators.get(token.text);
    if (operator !== undefined) return operator;
    throw new SelectorInvalid(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }

  #value(): string {
    if (endsRequirement(this.#tokens.peek())) return "";
    const token = this.#tokens.take();
    if (token.kind !== "word") throw new SelectorInvalid(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  /** The values between parentheses, each once, in byte order. An empty element is the empty value. */
  #values(): string[] {
    const open = this.#tokens.take();
    if (open.text !== "(") throw new SelectorInvalid(`found '${open.text}' expected: '('`);
    const first = this.#tokens.peek();
    if (first.kind !== "word" && first.text !== "," && first.text !== ")") {
      throw new SelectorInvalid(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = new Set<string>();
    let elementSeen = false;
    for (;;) {
      const token = this.#tokens.take();
      if (token.kind === "word") {
        values.add(token.text);
        elementSeen = true;
        const next = this.#tokens.peek();
        if (next.text !== "," && next.text !== ")") {
          throw new SelectorInvalid(`found '${next.text}', expected: ',' or ')'`);
        }
      } else if (token.text === ",") {
        if (!elementSeen) values.add("");
        elementSeen = false;
      } else if (token.text === ")") {
        if (!elementSeen) values.add("");
        return [...values].toSorted(compareBytes);
      } else {
        throw new SelectorInvalid(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }
}

function startsRequirement(token: Token): boolean {
  return token.kind === "word" || token.text === "!";
}

function endsRequirement(token: Token): boolean {
  return token.kind === "end" || token.text === ",";
}
