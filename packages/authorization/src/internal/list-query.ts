/** What the query of a read says about the question to authorize: is it a watch, is it about one name. */
import { parseFieldSelector, parseLabelSelector } from "@kubemetrics/apimachinery";
import { parseQuery, queryFlag } from "../query.ts";

export interface ListQuery {
  readonly watch: boolean;
  /** From `fieldSelector=metadata.name=…`; `""` when absent or when any list option does not parse. */
  readonly name: string;
}

const decimalInteger = /^[+-]?\d+$/;
const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** The list options a raw query carries; one that does not parse loses the name, never the watch. */
export function readListQuery(rawQuery: string): ListQuery {
  const first = new Map<string, string>();
  for (const [name, value] of parseQuery(rawQuery)) if (!first.has(name)) first.set(name, value);
  const watch = queryFlag(first.get("watch"));
  const numbersFit = isInt64(first.get("limit")) && isInt64(first.get("timeoutSeconds"));
  return { watch, name: numbersFit ? selectedName(first.get("fieldSelector"), first.get("labelSelector")) : "" };
}

/** An absent number is fine; an empty one is not. */
export function isInt64(text: string | undefined): boolean {
  if (text === undefined) return true;
  if (!decimalInteger.test(text)) return false;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return value >= minInt64 && value <= maxInt64;
}

function selectedName(fieldSelector: string | undefined, labelSelector: string | undefined): string {
  if (fieldSelector === undefined) return "";
  try {
    if (labelSelector !== undefined) parseLabelSelector(labelSelector);
    const name = parseFieldSelector(fieldSelector).requirements.find(
      (requirement) => requirement.field === "metadata.name" && requirement.operator === "=",
    )?.value;
    return name === undefined || name === "." || name === ".." || /[/%]/.test(name) ? "" : name;
  } catch {
    return "";
  }
}
