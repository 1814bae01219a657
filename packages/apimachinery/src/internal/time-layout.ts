/** Reads the layouts of Kubernetes times element by element: refusals name the same element as Go's `time.Parse`. */
import type { Instant } from "../time.ts";
import { daysFromDate, daysIn } from "./calendar.ts";
import { goTimeQuote } from "./go-time-quote.ts";

/** @returns the time, or the text of Go's error */
export function readTimeLayout(text: string, micro: boolean): Instant | string {
  const reader = new LayoutReader(text, micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00");
  const year = reader.year();
  reader.literal("-");
  const month = reader.number("01", true, 1, 12, "month");
  reader.literal("-");
  const day = reader.number("02", true, 0, 99, "day");
  reader.literal("T");
  const hour = reader.number("15", false, 0, 23, "hour");
  reader.literal(":");
  const minute = reader.number("04", true, 0, 59, "minute");
  reader.literal(":");
  const second = reader.number("05", true, 0, 59, "second");
  const nanos = micro ? reader.sixDigits() : reader.fraction();
  const offset = reader.offset();
  reader.end();
  if (reader.problem === "" && (day < 1 || day > daysIn(month, year))) reader.outOfRange("day");
  if (reader.problem !== "") return reader.problem;
  const days = daysFromDate({ year, month, day });
  return { seconds: days * 86_400 + hour * 3600 + minute * 60 + second - offset, nanos };
}

/** Once there is a problem, all further reading answers 0 and keeps the first problem. */
class LayoutReader {
  problem = "";
  readonly #text: string;
  readonly #layout: string;
  #position = 0;

  constructor(text: string, layout: string) {
    this.#text = text;
    this.#layout = layout;
  }

  year(): number {
    const digits = this.#text.slice(0, 4);
    if (!/^\d{4}$/.test(digits)) return this.#mismatch("2006");
    this.#position = 4;
    return Number(digits);
  }

  literal(char: string): void {
    if (this.#text[this.#position] === char) this.#position++;
    else this.#mismatch(char);
  }

  number(element: string, twoDigits: boolean, low: number, high: number, name: string): number {
    if (!this.#isDigit(0) || (twoDigits && !this.#isDigit(1))) return this.#mismatch(element);
    const length = this.#isDigit(1) ? 2 : 1;
    const value = Number(this.#text.slice(this.#position, this.#position + length));
    this.#position += length;
    return value < low || value > high ? this.outOfRange(name) : value;
  }

  /** Digits after a point or comma, if there are any; nanoseconds, what is below is cut off. */
  fraction(): number {
    if (!this.#isPoint() || !this.#isDigit(1)) return 0;
    let length = 2;
    while (this.#isDigit(length)) length++;
    const digits = this.#text.slice(this.#position + 1, this.#position + Math.min(length, 10));
    this.#position += length;
    return Number(digits.padEnd(9, "0"));
  }

  sixDigits(): number {
    const digits = this.#text.slice(this.#position + 1, this.#position + 7);
    if (!this.#isPoint() || !/^\d{6}$/.test(digits)) return this.#mismatch(".000000");
    this.#position += 7;
    return Number(digits) * 1000;
  }

  /** Seconds east of UTC. */
  offset(): number {
    const rest = this.#text.slice(this.#position);
    if (rest.startsWith("Z")) {
      this.#position++;
      return 0;
    }
    const match = /^(.)(\d\d):(\d\d)/s.exec(rest);
    if (match === null) return this.#mismatch("Z07:00");
    const hours = Number(match[2]);
    const minutes = Number(match[3]);
    if (minutes > 60) return this.outOfRange("time zone offset minute");
    if (hours > 24) return this.outOfRange("time zone offset hour");
    if (match[1] !== "+" && match[1] !== "-") return this.#mismatch("Z07:00");
    this.#position += 6;
    return (hours * 60 + minutes) * (match[1] === "-" ? -60 : 60);
  }

  end(): void {
    const rest = this.#text.slice(this.#position);
    if (rest !== "") this.#fail(`: extra text: ${goTimeQuote(rest)}`);
  }

  outOfRange(name: string): number {
    return this.#fail(`: ${name} out of range`);
  }

  #mismatch(element: string): number {
    const rest = goTimeQuote(this.#text.slice(this.#position));
    return this.#fail(` as ${goTimeQuote(this.#layout)}: cannot parse ${rest} as ${goTimeQuote(element)}`);
  }

  #fail(what: string): number {
    if (this.problem === "") this.problem = `parsing time ${goTimeQuote(this.#text)}${what}`;
    return 0;
  }

  #isPoint(): boolean {
    const char = this.#text[this.#position];
    return char === "." || char === ",";
  }

  #isDigit(ahead: number): boolean {
    const unit = this.#text.charCodeAt(this.#position + ahead);
    return unit >= 0x30 && unit <= 0x39;
  }
}
