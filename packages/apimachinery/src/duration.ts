/**
 * Go durations: int64 nanoseconds written as `1m0s` or `15.016s`.
 *
 * @see Go `time.Duration.String`, `time.ParseDuration`; apimachinery `pkg/apis/meta/v1/duration.go`
 */
import { ApimachineryError } from "./apimachinery-error.ts";
import { goTimeQuote } from "./internal/go-time-quote.ts";
import { notTextMessage } from "./internal/json-type.ts";

/** A text or JSON value is not a duration. The message is Go's: clients and users know it. */
export class DurationInvalid extends ApimachineryError {
  static override readonly code: string = "DURATION_INVALID";
  override readonly name: string = "DurationInvalid";
  override readonly code: string = DurationInvalid.code;
}

const microsecond = 1_000n;
const millisecond = 1_000_000n;
const second = 1_000_000_000n;
const minute = 60n * second;
const hour = 60n * minute;

/** The largest duration: 2^63 - 1 nanoseconds, about 292 years. The smallest is `-maximum - 1`. */
const maximum = 2n ** 63n - 1n;

const unitNs: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", microsecond],
  ["\u00b5s", microsecond], // micro sign
  ["\u03bcs", microsecond], // Greek mu
  ["ms", millisecond],
  ["s", second],
  ["m", minute],
  ["h", hour],
]);

/** Writes nanoseconds as Go does: `0s`, `1.5µs`, `15.016s`, `1h0m0s`. Numbers must be safe integers. */
export function formatDuration(nanoseconds: number | bigint): string {
  if (typeof nanoseconds === "bigint") return formatBig(nanoseconds);
  if (!Number.isSafeInteger(nanoseconds)) {
    throw new DurationInvalid(`${nanoseconds} is not a whole number of nanoseconds below 2^53; pass a bigint`);
  }
  const sign = nanoseconds < 0 ? "-" : "";
  const absolute = Math.abs(nanoseconds);
  if (absolute < 1e9) return sign + formatBelowSecond(absolute);
  const seconds = Math.floor(absolute / 1e9);
  return sign + formatClock(seconds, absolute % 1e9);
}

function formatBig(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? "-" : "";
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (absolute < second) return sign + formatBelowSecond(Number(absolute));
  return sign + formatClock(Number(absolute / second), Number(absolute % second));
}

function formatBelowSecond(ns: number): string {
  if (ns === 0) return "0s";
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${Math.floor(ns / 1e3)}${fraction(ns % 1e3, 3)}\u00b5s`;
  return `${Math.floor(ns / 1e6)}${fraction(ns % 1e6, 6)}ms`;
}

function formatClock(totalSeconds: number, ns: number): string {
  const seconds = `${totalSeconds % 60}${fraction(ns, 9)}s`;
  if (totalSeconds < 60) return seconds;
  const minutes = Math.floor(totalSeconds / 60);
  if (minutes < 60) return `${minutes}m${seconds}`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

function fraction(part: number, digits: number): string {
  if (part === 0) return "";
  let text = part.toString().padStart(digits, "0");
  while (text.endsWith("0")) text = text.slice(0, -1);
  return `.${text}`;
}

/**
 * Reads a Go duration: `300ms`, `-1.5h`, `2h45m`. Everything but `0` needs a unit; days do not exist.
 *
 * @returns nanoseconds, inside int64
 * @throws DurationInvalid with Go's text
 */
export function parseDuration(text: string): bigint {
  const negative = text.startsWith("-");
  const start = negative || text.startsWith("+") ? 1 : 0;
  if (text.length - start === 1 && text[start] === "0") return 0n;
  if (text.length === start) throw invalid(text);
  let total = 0n;
  for (let position = start; position < text.length;) {
    const term = readTerm(text, position);
    total += term.nanoseconds;
    if (total > maximum + 1n) throw invalid(text);
    position = term.end;
  }
  if (negative) return -total;
  if (total > maximum) throw invalid(text);
  return total;
}

interface Term {
  readonly nanoseconds: bigint;
  /** Position after the term. */
  readonly end: number;
}

/** Reads one number with its unit. */
function readTerm(text: string, start: number): Term {
  const wholeEnd = digitsEnd(text, start);
  const hasPoint = text[wholeEnd] === ".";
  const fractionStart = hasPoint ? wholeEnd + 1 : wholeEnd;
  const fractionEnd = hasPoint ? digitsEnd(text, fractionStart) : wholeEnd;
  if (wholeEnd === start && fractionEnd === fractionStart) throw invalid(text);
  const whole = wholeNumber(text.slice(start, wholeEnd), text);
  const end = unitEnd(text, fractionEnd);
  if (end === fractionEnd) throw new DurationInvalid(`time: missing unit in duration ${goTimeQuote(text)}`);
  const unitText = text.slice(fractionEnd, end);
  const unit = unitNs.get(unitText);
  if (unit === undefined) {
    throw new DurationInvalid(`time: unknown unit ${goTimeQuote(unitText)} in duration ${goTimeQuote(text)}`);
  }
  return { nanoseconds: whole * unit + fractionOf(text.slice(fractionStart, fractionEnd), unit), end };
}

function wholeNumber(digits: string, text: string): bigint {
  const significant = digits.replace(/^0+/, "");
  // 2^63 has 19 digits; longer ones are refused before any arithmetic on them.
  if (significant.length > 19 || BigInt(significant) > maximum + 1n) throw invalid(text);
  return BigInt(significant);
}

/** In float64 and truncated, as Go does: `0.3s` is exact there only because of this order of operations. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > maximum / 10n) break;
    const next = value * 10n + BigInt(digit);
    if (next > maximum + 1n) break;
    value = next;
    scale *= 10;
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

function digitsEnd(text: string, start: number): number {
  let end = start;
  while (isDigit(text, end)) end++;
  return end;
}

function unitEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== "." && !isDigit(text, end)) end++;
  return end;
}

function isDigit(text: string, position: number): boolean {
  const unit = text.charCodeAt(position);
  return unit >= 0x30 && unit <= 0x39;
}

function invalid(text: string): DurationInvalid {
  return new DurationInvalid(`time: invalid duration ${goTimeQuote(text)}`);
}

/**
 * Reads the JSON form of a Duration: a text. Null is refused, as upstream does.
 *
 * @returns nanoseconds
 * @throws DurationInvalid
 */
export function durationFromJson(value: unknown): bigint {
  if (typeof value === "string") return parseDuration(value);
  throw value === null ? invalid("") : new DurationInvalid(notTextMessage(value));
}
