/** What Go itself printed, see the `about` of the file. */
import { readFileSync } from "node:fs";

interface GoTexts {
  readonly yaml: readonly (readonly [json: string, yaml: string])[];
  readonly quote: readonly (readonly [text: string, quoted: string])[];
  readonly json: readonly (readonly [text: string, json: string])[];
  readonly float: readonly (readonly [number: string, printedAndJson: string])[];
}

export const goTexts = JSON.parse(readFileSync(new URL("./data/go-texts.json", import.meta.url), "utf8")) as GoTexts;

/** Reads JSON with whole numbers beyond 2^53 as bigints. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source ?? "";
    return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}
