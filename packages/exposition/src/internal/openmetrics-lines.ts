/** Lines of OpenMetrics 1.0, as Prometheus reads them: one space where a space belongs, nothing where none does. */
import type { PageFault } from "../exposition-error.ts";
import { openMetricsTypes } from "../metric-type.ts";
import { HASH, LF, lineEnd, OPEN, SPACE } from "./bytes.ts";
import { LabelLexer } from "./label-lexer.ts";
import { NumberToken } from "./number-token.ts";
import { type LineKind, PageLines } from "./page-lines.ts";

/** Bounds of a signed 64-bit number of milliseconds, which is what Prometheus keeps. */
const timestampLimit = 2 ** 63;

export class OpenMetricsLines extends PageLines {
  readonly #number = new NumberToken();
  readonly #exemplarLabels = new LabelLexer({
    loose: false,
    newlineInNames: false,
    newlineInValues: false,
    metricName: false,
  });

  constructor(page: Uint8Array) {
    super(page, { loose: false, newlineInNames: true, newlineInValues: false, metricName: true });
  }

  next(): LineKind {
    const { page, at } = this;
    if (at >= page.length) throw this.expected("END", at, "`# EOF` as the last line");
    return page[at] === HASH ? this.#metadata(at) : this.#sample(at);
  }

  protected override afterName(at: number): number {
    return at;
  }

  #metadata(from: number): LineKind {
    const { page } = this;
    const word = page.toString("latin1", from, from + 7);
    if (word.startsWith("# EOF")) {
      const after = from + 5;
      if (page.length > after + 1 || (page.length === after + 1 && page[after] !== LF)) {
        throw this.expected("END", page[after] === LF ? after + 1 : after, "nothing after `# EOF`");
      }
      this.at = page.length;
      return "end";
    }
    const kind = ({ "# HELP ": "help", "# TYPE ": "type", "# UNIT ": "unit" } as const)[word];
    if (kind === undefined) throw this.expected("METADATA", from, "`# HELP `, `# TYPE `, `# UNIT ` or `# EOF`");
    const nameEnd = this.metadataName(word.slice(2, 6), from + 7);
    if (page[nameEnd] !== SPACE) throw this.expected("METADATA", nameEnd, "one space and a text after the name");
    const end = this.#endOfLine(nameEnd);
    const textFrom = nameEnd + 1;
    this.at = end + 1;
    if (kind === "help") {
      this.text = this.helpText(textFrom, end, true);
    } else if (kind === "type") {
      const type = openMetricsTypes.get(page.toString("latin1", textFrom, end));
      if (type === undefined)
        throw this.expected("METADATA", textFrom, `one of ${[...openMetricsTypes.keys()].join(", ")}`);
      this.type = type;
    } else {
      const unit = page.toString("utf8", textFrom, end);
      if (unit !== "" && !this.name.endsWith(`_${unit}`)) {
        throw this.expected("METADATA", textFrom, `the unit that ends the name ${JSON.stringify(this.name)}`);
      }
      this.text = unit;
    }
    return kind;
  }

  #sample(from: number): "sample" {
    const { page } = this;
    const number = this.#number;
    let i = this.series(from);
    this.valueFrom = i + 1;
    i = this.#spacedNumber(i, "VALUE", "one space and a number as value");
    this.valueTo = i;
    this.value = number.value;
    this.timestampMs = Number.NaN;
    this.exemplar = undefined;
    if (page[i] === SPACE && !this.#isExemplarAt(i)) {
      const at = i + 1;
      i = this.#spacedNumber(i, "TIMESTAMP", "a timestamp in seconds, an exemplar, or the end of the line");
      this.timestampMs = this.#milliseconds("TIMESTAMP", at);
    }
    if (page[i] === SPACE && this.#isExemplarAt(i)) i = this.#readExemplar(i);
    if (i >= page.length) throw this.expected("END", i, "the end of the line, then `# EOF`");
    if (page[i] !== LF) throw this.expected("TRAILING_TEXT", i, "the end of the line");
    this.at = i + 1;
    return "sample";
  }

  /** ` # {` begins an exemplar. */
  #isExemplarAt(i: number): boolean {
    const { page } = this;
    return page[i + 1] === HASH && page[i + 2] === SPACE && page[i + 3] === OPEN;
  }

  #readExemplar(from: number): number {
    const { page } = this;
    const lexer = this.#exemplarLabels;
    let i = lexer.read(page, from + 4);
    const labels = i < 0 ? -1 : lexer.labels(page);
    if (labels === -1) throw this.expected("EXEMPLAR", lexer.fault.at, lexer.fault.expected);
    i = this.#spacedNumber(i, "EXEMPLAR", "one space and the exemplar's value");
    const { value } = this.#number;
    let timestampMs: number | undefined;
    if (page[i] === SPACE) {
      const at = i + 1;
      i = this.#spacedNumber(i, "EXEMPLAR", "the exemplar's timestamp in seconds, or the end of the line");
      timestampMs = this.#milliseconds("EXEMPLAR", at);
    }
    this.exemplar = { labels, value, timestampMs };
    return i;
  }

  /** Reads a space and a number that ends at a space or the line's end; returns the index after it. */
  #spacedNumber(at: number, code: PageFault, expected: string): number {
    const { page } = this;
    const number = this.#number;
    if (page[at] === SPACE && number.read(page, this.view, at + 1)) {
      const { end } = number;
      if (end >= page.length || page[end] === SPACE || page[end] === LF) return end;
    }
    throw this.expected(at >= page.length ? "END" : code, at, expected);
  }

  /** The number just read, as seconds. Truncated after the multiplication, as in Prometheus: it may be a millisecond early. */
  #milliseconds(code: PageFault, at: number): number {
    const milliseconds = Math.trunc(this.#number.value * 1000) + 0;
    if (milliseconds >= -timestampLimit && milliseconds < timestampLimit) return milliseconds;
    throw this.expected(code, at, "a timestamp in seconds that fits 64 bits in milliseconds");
  }

  #endOfLine(from: number): number {
    const end = lineEnd(this.page, from);
    if (end === this.page.length) throw this.expected("END", end, "the end of the line, then `# EOF`");
    return end;
  }
}
