/**
 * Writes YAML tokens: spaces, line breaks, indentation and scalars, with go-yaml's habit of folding long lines at spaces beyond column 80.
 */
import type { ScalarForm } from "./yaml-scalar-form.ts";

const foldAfter = 80;
const indentStep = 2;
const breaks = "\n\r\x85\u2028\u2029";
const anyBreak = /[\n\r\x85\u2028\u2029]/;

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
    this.#put(":");
    this.#afterWhitespace = false;
    this.#onlyIndentation = false;
  }

  /** Numbers, words and empty collections: never folded. */
  token(text: string): void {
    this.#separate();
    this.#put(text);
    this.#afterWhitespace = false;
    this.#onlyIndentation = false;
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
    if (quoted) this.#quote("'");
    const body = quoted ? text.replaceAll("'", "''") : text;
    if (!anyBreak.test(text) && (!mayFold || this.#column + body.length <= foldAfter)) this.#put(body);
    else this.#flowCharacters(Array.from(text), quoted, mayFold);
    if (quoted) this.#quote("'");
    this.#afterWhitespace = false;
    this.#onlyIndentation = false;
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
      } else if (breaks.includes(char)) {
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
    this.#quote('"');
    const chars = Array.from(text);
    // go-yaml looks for a byte order mark at the beginning of the text, whichever character it is about to write.
    const escapeAll = text.startsWith("\ufeff");
    let afterSpace = false;
    for (const [index, char] of chars.entries()) {
      const isSpace = char === " " && !escapeAll;
      if (isSpace && mayFold && !afterSpace && this.#column > foldAfter && index > 0 && index < chars.length - 1) {
        this.line();
        if (chars[index + 1] === " ") this.#put("\\");
      } else this.#put(isSpace ? char : escapeAll || needsEscape.test(char) ? escape(char) : char);
      afterSpace = isSpace;
    }
    this.#quote('"');
  }

  #literal(text: string): void {
    this.#separate();
    this.#put(`|${/^[ \n\r\x85\u2028\u2029]/.test(text) ? indentStep : ""}${chomping(text)}`);
    this.#lineBreak("\n");
    this.#onlyIndentation = true;
    this.#afterWhitespace = true;
    let afterBreak = true;
    for (const char of text) {
      if (breaks.includes(char)) {
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

  #quote(mark: string): void {
    this.#put(mark);
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
  if (!/[\n\r\x85\u2028\u2029]$/.test(text)) return "-";
  return /^.$|[\n\r\x85\u2028\u2029].$/s.test(text) ? "+" : "";
}

const needsEscape = /[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|["\\\u2028\u2029]/;

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ["\0", "\\0"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\u001b", "\\e"],
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0085", "\\N"],
  ["\u00a0", "\\_"],
  ["\u2028", "\\L"],
  ["\u2029", "\\P"],
]);

function escape(char: string): string {
  const short = shortEscapes.get(char);
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
