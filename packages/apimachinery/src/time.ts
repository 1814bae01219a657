/**
 * Kubernetes Time and MicroTime: RFC 3339 in UTC, with seconds or microseconds.
 *
 * @see apimachinery `pkg/apis/meta/v1/time.go`, `micro_time.go`
 */
import { ApimachineryError } from "./apimachinery-error.ts";
import { dateFromDays } from "./internal/calendar.ts";
import { notTextMessage } from "./internal/json-type.ts";
import { readTimeLayout } from "./internal/time-layout.ts";

/** A point in time: whole Unix seconds, and nanoseconds within the second (0 … 999999999). */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

/** A text or JSON value is not a time. The message is Go's. */
export class TimeInvalid extends ApimachineryError {
  static override readonly code: string = "TIME_INVALID";
  override readonly name: string = "TimeInvalid";
  override readonly code: string = TimeInvalid.code;
}

/** The zero Time of Go, 1 January of year 1. Encoders treat it as absent. */
export const zeroTime: Instant = Object.freeze({ seconds: -62_135_596_800, nanos: 0 });

/** True for {@link zeroTime} and for no time at all. */
export function isZeroTime(time: Instant | undefined): boolean {
  return time === undefined || (time.seconds === zeroTime.seconds && time.nanos === 0);
}

/** From whole Unix milliseconds. */
export function instantFromMs(epochMs: number): Instant {
  const seconds = Math.floor(epochMs / 1000);
  return { seconds, nanos: Math.round((epochMs - seconds * 1000) * 1e6) };
}

/** To Unix milliseconds; what is below a millisecond is cut off. */
export function instantToMs(time: Instant): number {
  return time.seconds * 1000 + Math.floor(time.nanos / 1e6);
}

/** `2026-03-01T12:00:00Z`: seconds, UTC; the fraction is cut off. A number is Unix milliseconds. */
export function formatTime(time: number | Instant): string {
  return `${dateAndClock(typeof time === "number" ? Math.floor(time / 1000) : time.seconds)}Z`;
}

/** `2026-03-01T12:00:00.123456Z`: microseconds, UTC; the rest is cut off. A number is Unix milliseconds. */
export function formatMicroTime(time: number | Instant): string {
  const { seconds, nanos } = typeof time === "number" ? instantFromMs(time) : time;
  const micros = Math.floor(nanos / 1000);
  return `${dateAndClock(seconds)}.${micros.toString().padStart(6, "0")}Z`;
}

function dateAndClock(seconds: number): string {
  if (!Number.isSafeInteger(seconds)) throw new TimeInvalid(`${seconds} is not a whole number of Unix seconds`);
  const days = Math.floor(seconds / 86_400);
  const { year, month, day } = dateFromDays(days);
  const clock = seconds - days * 86_400;
  const hour = Math.floor(clock / 3600);
  const minute = Math.floor((clock % 3600) / 60);
  return `${yearText(year)}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(clock % 60)}`;
}

/** Four digits at least; more, or a minus sign, where the year needs them. */
function yearText(year: number): string {
  if (year >= 1000) return String(year);
  return (year < 0 ? "-" : "") + String(Math.abs(year)).padStart(4, "0");
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

/**
 * Reads RFC 3339, as Go does: any number of fraction digits, a comma for the point, one-digit hours, offsets up to 24:60.
 *
 * @throws TimeInvalid with Go's text
 */
export function parseTime(text: string): Instant {
  return parse(text, false);
}

/**
 * Reads RFC 3339 with exactly six fraction digits.
 *
 * @throws TimeInvalid with Go's text
 */
export function parseMicroTime(text: string): Instant {
  return parse(text, true);
}

function parse(text: string, micro: boolean): Instant {
  const result = readTimeLayout(text, micro);
  if (typeof result === "string") throw new TimeInvalid(result);
  return result;
}

/** The JSON form of a Time: null for the zero Time, so that absent and zero look the same. */
export function timeToJson(time: Instant | undefined): string | null {
  return time === undefined || isZeroTime(time) ? null : formatTime(time);
}

/** The JSON form of a MicroTime: null for the zero Time. */
export function microTimeToJson(time: Instant | undefined): string | null {
  return time === undefined || isZeroTime(time) ? null : formatMicroTime(time);
}

/**
 * Reads the JSON form of a Time; null is the zero Time.
 *
 * @throws TimeInvalid
 */
export function timeFromJson(value: unknown): Instant {
  return fromJson(value, parseTime);
}

/**
 * Reads the JSON form of a MicroTime; null is the zero Time.
 *
 * @throws TimeInvalid
 */
export function microTimeFromJson(value: unknown): Instant {
  return fromJson(value, parseMicroTime);
}

function fromJson(value: unknown, read: (text: string) => Instant): Instant {
  if (value === null) return zeroTime;
  if (typeof value === "string") return read(value);
  throw new TimeInvalid(notTextMessage(value));
}
