/**
 * Writes YAML tokens: spaces, line breaks, indentation and scalars, with go-yaml's habit of folding long lines at spaces
 * beyond column 80.
 */
import { needsYamlEscape, yamlEscape } from "./yaml-escape.ts";
import type { ScalarForm } from "./yaml-scalar-form.ts";

const foldAfter = 80;
const indentStep = 2;
/** The line breaks that stand in other than double-quoted texts. */
const lineBreak = /[\n\u2028\u2029]/;

export class YamlEmitter {
  #text = "";
  #column = 0;
  #indent = -1;
  readonly #outerIndents: number[] = [];
  /** The last character separates tokens. */
  #afterWhitespace = true;
  /** Nothing but indentation and indicators stands on this line yet. */
  #onlyIndentation = true;

  get text(): string {
    return this.#text;
  }

  /** True while a block collection can begin on this line. */
  get onlyIndentation(): boolean {
    return this.#onlyIndentation;
  }

  /** Goes one level deeper; without a step, a sequence stands under its key at the key's own indentation. */
  deeper(withStep: boolean): void {
    this.#outerIndents.push(this.#indent);
    if (this.#indent < 0) this.#indent = 0;
    else if (withStep) this.#indent += indentStep;
  }

  outer(): void {
    this.#indent = this.#outerIndents.pop() ?? -1;
  }

  /** Moves to the current indentation, on a new line if need be. */
  line(): void {
    const indent = Math.max(this.#indent, 0);
    if (!this.#onlyIndentation || this.#column > indent || (this.#column === indent && !this.#afterWhitespace)) {
      this.#lineBreak("\n");
    }
    if (this.#column < indent) this.#put(" ".repeat(indent - this.#column));
    this.#afterWhitespace = true;
    this.#onlyIndentation = true;
  }

  /** `-`, `?` and `:` before a value of a long key: block collections may begin right after them. */
  blockIndicator(mark: string): void {
    this.#separate();
    this.#put(mark);
    this.#afterWhitespace = false;
  }

  /** `:` after a key. */
  keyEnd(): void {
    this.#solid(":");
  }

  /** Numbers, words and empty collections: never folded. */
  token(text: string): void {
    this.#separate();
    this.#solid(text);
  }

  /** A text in the given form; keys are not folded. */
  scalar(text: string, form: ScalarForm, isKey: boolean): void {
    const outer = this.#indent;
    this.#indent = Math.max(outer, 0) + indentStep;
    if (form === "literal") this.#literal(text);
    else {
      this.#separate();
      if (form === "double") this.#doubleQuoted(text, !isKey);
      else this.#flow(text, form === "single", !isKey);
    }
    this.#indent = outer;
  }

  #flow(text: string, quoted: boolean, mayFold: boolean): void {
    if (quoted) this.#solid("'");
    const body = quoted ? text.replaceAll("'", "''") : text;
    if (!lineBreak.test(text) && (!mayFold || this.#column + body.length <= foldAfter)) this.#put(body);
    else this.#flowCharacters(Array.from(text), quoted, mayFold);
    this.#solid(quoted ? "'" : "");
  }

  #flowCharacters(chars: readonly string[], quoted: boolean, mayFold: boolean): void {
    let afterSpace = false;
    let afterBreak = false;
    for (const [index, char] of chars.entries()) {
      if (char === " ") {
        const inner = index > 0 && index < chars.length - 1 && chars[index + 1] !== " ";
        if (mayFold && !afterSpace && this.#column > foldAfter && inner) this.line();
        else this.#put(char);
        afterSpace = true;
      } else if (lineBreak.test(char)) {
        this.#lineBreak(char);
        this.#onlyIndentation = true;
        afterBreak = true;
      } else {
        if (afterBreak) this.line();
        this.#put(quoted && char === "'" ? "''" : char);
        this.#onlyIndentation = false;
        afterSpace = false;
        afterBreak = false;
      }
    }
  }

  #doubleQuoted(text: string, mayFold: boolean): void {
    this.#solid('"');
    const chars = Array.from(text);
    // go-yaml looks for a byte order mark at the beginning of the text, whichever character it is about to write.
    const escapeAll = text.startsWith("\ufeff");
    let afterSpace = false;
    for (const [index, char] of chars.entries()) {
      const isSpace = char === " " && !escapeAll;
      if (isSpace && mayFold && !afterSpace && this.#column > foldAfter && index > 0 && index < chars.length - 1) {
        this.line();
        if (chars[index + 1] === " ") this.#put("\\");
      } else this.#put(isSpace ? char : escapeAll || needsYamlEscape(char) ? yamlEscape(char) : char);
      afterSpace = isSpace;
    }
    this.#solid('"');
  }

  #literal(text: string): void {
    this.#separate();
    this.#put(`|${/^[ \n\u2028\u2029]/.test(text) ? indentStep : ""}${chomping(text)}`);
    this.#lineBreak("\n");
    this.#onlyIndentation = true;
    this.#afterWhitespace = true;
    let afterBreak = true;
    for (const char of text) {
      if (lineBreak.test(char)) {
        this.#lineBreak(char);
        this.#onlyIndentation = true;
        afterBreak = true;
      } else {
        if (afterBreak) this.line();
        this.#put(char);
        this.#onlyIndentation = false;
        afterBreak = false;
      }
    }
  }

  /** Anything but spaces and indentation. */
  #solid(text: string): void {
    this.#put(text);
    this.#afterWhitespace = false;
    this.#onlyIndentation = false;
  }

  #separate(): void {
    if (!this.#afterWhitespace) this.#put(" ");
  }

  #put(text: string): void {
    this.#text += text;
    this.#column += text.length;
  }

  #lineBreak(char: string): void {
    this.#text += char;
    this.#column = 0;
  }
}

/** What a literal block says about line breaks at its end. */
function chomping(text: string): string {
  if (!/[\n\u2028\u2029]$/.test(text)) return "-";
  return /^.$|[\n\u2028\u2029].$/s.test(text) ? "+" : "";
}
