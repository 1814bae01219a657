/** Lines of the Prometheus text format 0.0.4, as Prometheus reads them. */
import { textTypes, openMetricsTypes } from "../metric-type.ts";
import type { PageFault } from "../exposition-error.ts";
import type { RejectReason } from "../scan-report.ts";
import { HASH, LF, lineEnd, skipBlanks } from "./bytes.ts";
import { isMetadata } from "./metadata-word.ts";
import { type LineKind, PageLines } from "./page-lines.ts";
import { SampleTail } from "./sample-tail.ts";

const faults: Partial<Record<RejectReason, readonly [PageFault, string]>> = {
  value: ["VALUE", "a number as value"],
  timestamp: ["TIMESTAMP", "a timestamp in whole milliseconds, or the end of the line"],
  "trailing-text": ["TRAILING_TEXT", "the end of the line after the timestamp"],
};

export class TextLines extends PageLines {
  readonly #tail: SampleTail;
  readonly #lenient: boolean;

  /** @param lenient - also takes negative timestamps, and type words of both formats in any case with blanks around */
  constructor(page: Uint8Array, lenient = false) {
    super(page, { loose: true, newlineInNames: true, newlineInValues: true, metricName: true });
    this.#lenient = lenient;
    this.#tail = new SampleTail(lenient);
  }

  next(): LineKind {
    const { page } = this;
    for (;;) {
      const at = skipBlanks(page, this.at);
      if (at >= page.length) return "end";
      const first = page[at];
      if (first === LF) {
        this.at = at + 1;
        continue;
      }
      return first === HASH ? this.#comment(at) : this.#sample(at);
    }
  }

  protected override afterName(at: number): number {
    return skipBlanks(this.page, at);
  }

  #sample(from: number): "sample" {
    const tail = this.#tail;
    const at = this.series(from);
    const fault = tail.read(this.page, this.view, at);
    if (fault !== undefined) {
      const [code, expected] = faults[fault] ?? (["VALUE", "a sample"] as const);
      throw this.expected(code, tail.end, expected);
    }
    this.value = tail.value;
    this.valueFrom = tail.valueFrom;
    this.valueTo = tail.valueTo;
    this.timestampMs = tail.timestampMs;
    this.at = tail.end + 1;
    return "sample";
  }

  #comment(from: number): LineKind {
    const { page, view } = this;
    const word = skipBlanks(page, from + 1);
    if (word === from + 1 || !isMetadata(page, view, word)) {
      const end = lineEnd(page, from);
      this.text = page.toString("utf8", from, end);
      this.at = end + 1;
      return "comment";
    }
    const kind = page.toString("latin1", word, word + 4);
    const nameEnd = this.metadataName(kind, skipBlanks(page, word + 4));
    const end = lineEnd(page, nameEnd);
    this.at = end + 1;
    // One byte separates name and text, whatever it is; blanks alone are no text.
    const textFrom = skipBlanks(page, nameEnd) >= end ? end : nameEnd + 1;
    if (kind === "HELP") {
      this.text = this.helpText(textFrom, end, false);
      return "help";
    }
    const written = page.toString("latin1", textFrom, end);
    const type = this.#lenient ? openMetricsTypes.get(typeWord(written)) : textTypes.get(written);
    if (type === undefined) throw this.expected("METADATA", textFrom, "counter, gauge, histogram, summary or untyped");
    this.type = type;
    return "type";
  }
}

function typeWord(written: string): string {
  const word = written.trim().toLowerCase();
  return word === "untyped" ? "unknown" : word;
}
