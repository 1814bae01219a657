/** What the line readers of both formats share: names, label blocks, places of faults. */
import { isUtf8 } from "node:buffer";
import { PageInvalid, type PageFault } from "../exposition-error.ts";
import type { Exemplar } from "../entry.ts";
import type { MetricType } from "../metric-type.ts";
import { asBuffer, isNamePart, isNameStart, lineEnd, OPEN, QUOTE } from "./bytes.ts";
import { closingQuote, type LabelGrammar, quotedText, sameBytes, unescape } from "./label-lexer.ts";
import { LabelSets, noLabels } from "./label-sets.ts";

export type LineKind = "sample" | "type" | "help" | "unit" | "comment" | "end";

/** One pass over a page. `next` fills the fields of the line it names, so that no object per line is needed. */
export abstract class PageLines {
  readonly page: Buffer;
  protected readonly view: DataView;
  readonly #sets: LabelSets;
  /** Where the next line begins. */
  protected at = 0;
  /** Where the name of the previous sample is; names repeat. */
  #nameFrom = 0;
  #nameTo = 0;
  #nameText = "";

  /** Of a sample or of metadata. */
  name: string = "";
  labels: ReadonlyMap<string, string> = noLabels;
  value: number = Number.NaN;
  /** Where the value stands. */
  valueFrom = 0;
  valueTo = 0;
  /** NaN when the line has none. */
  timestampMs: number = Number.NaN;
  exemplar: Exemplar | undefined;
  type: MetricType = "unknown";
  /** Of a help, unit or comment line. */
  text: string = "";

  constructor(page: Uint8Array, grammar: LabelGrammar) {
    this.page = asBuffer(page);
    this.view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    this.#sets = new LabelSets(grammar);
  }

  /** @throws PageInvalid at the first fault; the reader is then useless */
  abstract next(): LineKind;

  /** Skips what may stand between a name and its `{`. */
  protected abstract afterName(at: number): number;

  /** Reads a sample's name and labels; returns where its value may begin. */
  protected series(from: number): number {
    const { page } = this;
    let i = from;
    let named = false;
    if (isNameStart(page[from] as number)) {
      do i++;
      while (i < page.length && isNamePart(page[i] as number));
      this.name = this.#nameAt(from, i);
      named = true;
      i = this.afterName(i);
    } else if (page[from] !== OPEN) {
      throw this.expected("NAME", from, "a metric name");
    }
    this.labels = noLabels;
    if (page[i] !== OPEN) return i;
    const end = this.#sets.read(page, this.view, i + 1);
    if (end < 0) throw this.expected("LABELS", this.#sets.fault.at, this.#sets.fault.expected);
    this.labels = this.#sets.labels;
    const inner = this.#sets.name;
    if (named === (inner !== undefined)) {
      if (named) throw this.expected("LABELS", i, "one metric name, not two");
      throw this.expected("NAME", from, "a metric name, before the braces or quoted inside");
    }
    if (inner !== undefined) this.name = inner;
    return end;
  }

  /** Reads the name of a HELP, TYPE or UNIT line; returns the index after it. */
  protected metadataName(word: string, from: number): number {
    const { page } = this;
    if (page[from] === QUOTE) {
      const to = closingQuote(page, from + 1, true);
      const name = to < 0 ? undefined : quotedText(page, from + 1, to);
      if (name === undefined)
        throw this.expected("METADATA", from, `a metric name in UTF-8, ending with \`"\`, after ${word}`);
      this.name = name;
      return to + 1;
    }
    let to = from;
    if (from < page.length && isNameStart(page[from] as number)) {
      while (to < page.length && isNamePart(page[to] as number)) to++;
    }
    if (to === from) throw this.expected("METADATA", from, `a metric name after ${word}`);
    this.name = this.#nameAt(from, to);
    return to;
  }

  /** A help text, escapes resolved. */
  protected helpText(from: number, to: number, quotes: boolean): string {
    const { page } = this;
    if (!isUtf8(page.subarray(from, to))) throw this.expected("METADATA", from, "UTF-8 in the help text");
    return unescape(page.toString("utf8", from, to), quotes);
  }

  /** The fault at a place, with what stands there. */
  protected expected(code: PageFault, at: number, expected: string): PageInvalid {
    const { page } = this;
    if (at >= page.length)
      return new PageInvalid(code, page, page.length, `expected ${expected}, found the end of the page`);
    const to = Math.min(lineEnd(page, at), at + 24);
    const found = to === at ? "the end of the line" : JSON.stringify(page.toString("utf8", at, to));
    return new PageInvalid(code, page, at, `expected ${expected}, found ${found}`);
  }

  #nameAt(from: number, to: number): string {
    const { page } = this;
    if (to - from === this.#nameTo - this.#nameFrom && sameBytes(page, this.#nameFrom, from, to)) {
      return this.#nameText;
    }
    this.#nameFrom = from;
    this.#nameTo = to;
    this.#nameText = page.toString("latin1", from, to);
    return this.#nameText;
  }
}
