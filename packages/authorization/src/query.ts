/** Reading the query of a request target as Go does. `URLSearchParams` differs on `;` and on broken escapes. */
import { percentDecode } from "./internal/percent.ts";

/**
 * All pairs of a raw query, decoded, in order.
 *
 * Pairs with a `;` or a broken escape are left out, as Go's `url.ParseQuery` leaves them out.
 */
export function parseQuery(rawQuery: string): readonly (readonly [name: string, value: string])[] {
  const pairs: [string, string][] = [];
  if (rawQuery === "") return pairs;
  for (const piece of rawQuery.split("&")) {
    if (piece === "" || piece.includes(";")) continue;
    const equals = piece.indexOf("=");
    const name = percentDecode(equals < 0 ? piece : piece.slice(0, equals), true);
    const value = equals < 0 ? "" : percentDecode(piece.slice(equals + 1), true);
    if (name !== undefined && value !== undefined) pairs.push([name, value]);
  }
  return pairs;
}

/** The first value of each name: what Go's `Values.Get` sees. */
export function firstValues(rawQuery: string): ReadonlyMap<string, string> {
  if (rawQuery === "") return nothing;
  const first = new Map<string, string>();
  for (const [name, value] of parseQuery(rawQuery)) if (!first.has(name)) first.set(name, value);
  return first;
}

const nothing: ReadonlyMap<string, string> = new Map();

/** A query boolean: present and neither `0` nor `false` (any case). An empty value is true. */
export function queryFlag(value: string | undefined): boolean {
  return value !== undefined && value !== "0" && value.toLowerCase() !== "false";
}

/** A decimal int64 as Go's `ParseInt` reads it. Takes time linear in the text, however many digits it has. */
export function isInt64(text: string): boolean {
  const digits = /^[+-]?0*(\d{1,19})$/.exec(text)?.[1];
  if (digits === undefined) return false;
  const absolute = BigInt(digits);
  return absolute < maximum || (absolute === maximum && text.startsWith("-"));
}

const maximum = 2n ** 63n;
