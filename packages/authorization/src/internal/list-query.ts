/** What the query of a read says about the question to authorize: is it a watch, is it about one name. */
import { parseFieldSelector, parseLabelSelector } from "@kubemetrics/apimachinery";
import { isInt64, queryFlag } from "../query.ts";

export interface ListQuery {
  readonly watch: boolean;
  /** From `fieldSelector=metadata.name=…`; `""` when absent or when any list option does not parse. */
  readonly name: string;
}

/** The list options a query carries; one that does not parse loses the name, never the watch. */
export function readListQuery(first: ReadonlyMap<string, string>): ListQuery {
  const watch = queryFlag(first.get("watch"));
  const numbersFit = isAbsentOrInt64(first.get("limit")) && isAbsentOrInt64(first.get("timeoutSeconds"));
  return { watch, name: numbersFit ? selectedName(first.get("fieldSelector"), first.get("labelSelector")) : "" };
}

/** An absent number is fine; an empty one is not. */
function isAbsentOrInt64(text: string | undefined): boolean {
  return text === undefined || isInt64(text);
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
