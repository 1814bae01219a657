/** Finds the parts of a label block, `a="b","c.d"="e"}`, as offsets; builds strings only when asked to. */
import { isUtf8 } from "node:buffer";
import { BACKSLASH, CLOSE, COMMA, EQUALS, isLabelPart, isLabelStart, LF, QUOTE, skipBlanks } from "./bytes.ts";

/** How the two formats differ inside braces. */
export interface LabelGrammar {
  /** Blanks may stand between tokens, and the comma may be missing (text format, as Prometheus reads it). */
  readonly loose: boolean;
  /** Quoted names may run over a newline. */
  readonly newlineInNames: boolean;
  /** Values may run over a newline. */
  readonly newlineInValues: boolean;
  /** A quoted text alone is the metric name. */
  readonly metricName: boolean;
}

/** What stands at a place where something else was expected. */
export interface LexFault {
  readonly at: number;
  readonly expected: string;
}

/** One reusable lexer. The offsets belong to the last block read. */
export class LabelLexer {
  readonly #grammar: LabelGrammar;
  /** Name from, name to, value from, value to, label by label; quotes not included. */
  readonly offsets: number[] = [];
  /** Numbers in `offsets` that count. */
  used = 0;
  /** Where the metric name inside the braces is; -1 when there is none. */
  nameFrom = -1;
  nameTo = -1;
  /** Set when `read` returned -1. */
  fault: LexFault = { at: 0, expected: "" };

  constructor(grammar: LabelGrammar) {
    this.#grammar = grammar;
  }

  /**
   * Reads the block whose first byte after `{` is at `at`.
   *
   * @returns index after `}`, or -1 with `fault` set
   */
  read(page: Buffer, at: number): number {
    const { loose, newlineInNames, newlineInValues, metricName } = this.#grammar;
    this.used = 0;
    this.nameFrom = -1;
    let i = at;
    for (;;) {
      if (loose) i = skipBlanks(page, i);
      const first = i < page.length ? (page[i] as number) : LF;
      if (first === CLOSE) return i + 1;
      let from = i;
      let to: number;
      const quoted = first === QUOTE;
      if (quoted) {
        from++;
        to = closingQuote(page, from, newlineInNames);
        if (to < 0) return this.#expected(i, 'a label name ending with `"`');
        i = to + 1;
      } else if (isLabelStart(first)) {
        do i++;
        while (i < page.length && isLabelPart(page[i] as number));
        to = i;
      } else {
        return this.#expected(i, "a label name or `}`");
      }
      if (loose) i = skipBlanks(page, i);
      const next = page[i];
      if (quoted && metricName && (next === COMMA || next === CLOSE)) {
        if (this.nameFrom >= 0) return this.#expected(from - 1, "one metric name, not two");
        this.nameFrom = from;
        this.nameTo = to;
        i++;
        if (next === CLOSE) return i;
        continue;
      }
      if (next !== EQUALS) return this.#expected(i, "`=` after the label name");
      i++;
      if (loose) i = skipBlanks(page, i);
      if (page[i] !== QUOTE) return this.#expected(i, 'a label value beginning with `"`');
      const valueFrom = i + 1;
      const valueTo = closingQuote(page, valueFrom, newlineInValues);
      if (valueTo < 0) return this.#expected(i, 'a label value ending with `"`');
      this.#add(from, to, valueFrom, valueTo);
      i = valueTo + 1;
      if (loose) i = skipBlanks(page, i);
      if (page[i] === COMMA) i++;
      else if (!loose && page[i] !== CLOSE) return this.#expected(i, "`,` or `}`");
    }
  }

  /**
   * The labels of the block read last, in page order, escapes resolved.
   *
   * @param texts - where names and values are taken from
   * @returns the labels, or -1 with `fault` set: bytes that are not UTF-8, or a name given twice
   */
  labels(page: Buffer, texts: TextSource = quotedTexts): Map<string, string> | -1 {
    const labels = new Map<string, string>();
    for (let i = 0; i < this.used; i += 4) {
      const from = this.offsets[i] as number;
      const name = texts.text(page, from, this.offsets[i + 1] as number, i);
      if (name === undefined) return this.#expected(from, "UTF-8 in the label name");
      const valueFrom = this.offsets[i + 2] as number;
      const value = texts.text(page, valueFrom, this.offsets[i + 3] as number, i + 2);
      if (value === undefined) return this.#expected(valueFrom, `UTF-8 in the value of label ${JSON.stringify(name)}`);
      labels.set(name, value);
      if (labels.size * 4 !== i + 4) return this.#expected(from, `label ${JSON.stringify(name)} once, not twice`);
    }
    return labels;
  }

  #add(nameFrom: number, nameTo: number, valueFrom: number, valueTo: number): void {
    const { offsets, used } = this;
    offsets[used] = nameFrom;
    offsets[used + 1] = nameTo;
    offsets[used + 2] = valueFrom;
    offsets[used + 3] = valueTo;
    this.used = used + 4;
  }

  #expected(at: number, expected: string): -1 {
    this.fault = { at, expected };
    return -1;
  }
}

/** Makes the texts of a block; `place` is the same for the same label of every block. */
export interface TextSource {
  text(page: Buffer, from: number, to: number, place: number): string | undefined;
}

const quotedTexts: TextSource = { text: quotedText };

/** Hands out the previous block's string where the bytes are the same: label names and many values repeat. */
export class RepeatedTexts implements TextSource {
  readonly #texts: string[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  text(page: Buffer, from: number, to: number, place: number): string | undefined {
    const index = place >> 1;
    const before = this.#from[index] ?? 0;
    if (to - from === (this.#to[index] ?? -1) - before && sameBytes(page, before, from, to)) return this.#texts[index];
    const text = quotedText(page, from, to);
    if (text === undefined) return undefined;
    this.#texts[index] = text;
    this.#from[index] = from;
    this.#to[index] = to;
    return text;
  }
}

/** Whether the bytes from `from` to `to` stand at `before` too. */
export function sameBytes(page: Buffer, before: number, from: number, to: number): boolean {
  for (let one = before, other = from; other < to; one++, other++) {
    if (page[one] !== page[other]) return false;
  }
  return true;
}

/** Index of the quote that ends the text beginning at `from`, or -1. */
export function closingQuote(page: Buffer, from: number, newlines: boolean): number {
  for (let i = from; i < page.length; i++) {
    const byte = page[i] as number;
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) {
      i++;
      if (page[i] === LF) return -1;
    } else if (byte === LF && !newlines) {
      return -1;
    }
  }
  return -1;
}

/** The text between quotes, escapes resolved; `undefined` when it is not UTF-8. */
export function quotedText(page: Buffer, from: number, to: number): string | undefined {
  let seen = 0;
  let escaped = false;
  for (let i = from; i < to; i++) {
    const byte = page[i] as number;
    seen |= byte;
    if (byte === BACKSLASH) escaped = true;
  }
  if (seen >= 0x80 && !isUtf8(page.subarray(from, to))) return undefined;
  const text = page.toString(seen < 0x80 ? "latin1" : "utf8", from, to);
  return escaped ? unescape(text, true) : text;
}

/** Resolves `\\`, `\n` and, where quotes are escaped, `\"`; a backslash before anything else stands for itself. */
export function unescape(text: string, quotes: boolean): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\([\\"n])/g, (whole, escaped: string) =>
    escaped === "n" ? "\n" : escaped === '"' && !quotes ? whole : escaped,
  );
}
