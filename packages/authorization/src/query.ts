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

/** The first value of `name`; `undefined` when the query does not have it. */
export function firstQueryValue(rawQuery: string, name: string): string | undefined {
  if (rawQuery === "") return undefined;
  return parseQuery(rawQuery).find((pair) => pair[0] === name)?.[1];
}

/** A query boolean: present and neither `0` nor `false` (any case). An empty value is true. */
export function queryFlag(value: string | undefined): boolean {
  return value !== undefined && value !== "0" && value.toLowerCase() !== "false";
}
