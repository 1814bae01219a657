/** What follows a name and its labels in the text format: the value and the timestamp. */
import type { RejectReason } from "../scan-report.ts";
import { LF, MINUS, skipBlanks, SPACE, TAB, ZERO, NINE } from "./bytes.ts";
import { fourDigits } from "./decimal.ts";
import { NumberToken } from "./number-token.ts";

/** Largest timestamp Prometheus reads: a signed 64-bit number. */
const largestTimestamp = 2n ** 63n - 1n;

/** One reusable reader of line ends. */
export class SampleTail {
  readonly #number = new NumberToken();
  readonly #negativeTimestamps: boolean;
  /** Milliseconds since the Unix epoch; NaN when the line has none. */
  timestampMs: number = Number.NaN;
  /** Where the value stands. */
  valueFrom = 0;
  valueTo = 0;
  /** Index of the newline, or the page's end; of the offending byte after a refusal. */
  end = 0;

  /** @param negativeTimestamps - take them, as the format's description allows and Prometheus does not */
  constructor(negativeTimestamps = false) {
    this.#negativeTimestamps = negativeTimestamps;
  }

  get value(): number {
    return this.#number.value;
  }

  /** @returns why the line is refused, or `undefined` with the results set */
  read(page: Buffer, view: DataView, at: number): RejectReason | undefined {
    const stop = page.length;
    let i = skipBlanks(page, at);
    this.end = i;
    if (!this.#number.read(page, view, i)) return "value";
    this.valueFrom = i;
    i = this.#number.end;
    this.valueTo = i;
    let byte = i < stop ? (page[i] as number) : LF;
    this.timestampMs = Number.NaN;
    if (byte !== LF) {
      if (byte !== SPACE && byte !== TAB) return "value";
      i = skipBlanks(page, i);
      byte = i < stop ? (page[i] as number) : LF;
      if (byte !== LF) {
        const negative = byte === MINUS && this.#negativeTimestamps;
        this.end = i;
        if (negative) i++;
        const from = i;
        let milliseconds = 0;
        for (;;) {
          const four = i + 4 <= stop ? fourDigits(view.getInt32(i, true)) : -1;
          if (four < 0) break;
          milliseconds = milliseconds * 1e4 + four;
          i += 4;
        }
        byte = i < stop ? (page[i] as number) : LF;
        while (byte >= ZERO && byte <= NINE) {
          milliseconds = milliseconds * 10 + (byte - ZERO);
          byte = ++i < stop ? (page[i] as number) : LF;
        }
        if (i === from) return "timestamp";
        if (i - from > 15) {
          const exact = BigInt(page.toString("latin1", from, i));
          if (exact > largestTimestamp) return "timestamp";
          milliseconds = Number(exact);
        }
        this.timestampMs = negative ? -milliseconds : milliseconds;
        if (byte !== LF) {
          if (byte !== SPACE && byte !== TAB) return "timestamp";
          i = skipBlanks(page, i);
          this.end = i;
          if (i < stop && page[i] !== LF) return "trailing-text";
        }
      }
    }
    this.end = i;
    return undefined;
  }
}
