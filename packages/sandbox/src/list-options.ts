/** The query of a list or watch request, and which objects it selects. */
import {
  badRequest,
  labelsFrom,
  parseFieldSelector,
  parseLabelSelector,
  SelectorInvalid,
  type FieldSelector,
  type LabelSelector,
} from "@kubemetrics/apimachinery";
import type { KubeObject } from "./kube-object.ts";
import type { ResourceType } from "./resource-type.ts";

export interface ListOptions {
  readonly matches: (object: KubeObject) => boolean;
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken: string;
  /** As sent; empty when absent. */
  readonly resourceVersion: string;
  readonly isWatch: boolean;
  readonly wantsBookmarks: boolean;
  readonly wantsInitialEvents: boolean;
  readonly timeoutSeconds: number | undefined;
}

/** @throws StatusError 400 for numbers and selectors that cannot be read, and for fields the type cannot select by */
export function parseListOptions(query: URLSearchParams, type: ResourceType): ListOptions {
  return {
    matches: selection(type, query.get("labelSelector") ?? "", query.get("fieldSelector") ?? ""),
    limit: integer(query, "limit") ?? 0,
    continueToken: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    isWatch: isSet(query, "watch"),
    wantsBookmarks: isSet(query, "allowWatchBookmarks"),
    wantsInitialEvents: isSet(query, "sendInitialEvents"),
    timeoutSeconds: integer(query, "timeoutSeconds"),
  };
}

/** A boolean of a query: there, and neither `0` nor `false`. */
export function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}

function selection(type: ResourceType, labelText: string, fieldText: string): (object: KubeObject) => boolean {
  const labels = readable(() => parseLabelSelector(labelText));
  const fields = readable(() => parseFieldSelector(fieldText));
  const byFields = fieldTerms(type, fields);
  const byLabels = labelText.trim() === "" ? undefined : labelTerm(labels);
  return (object) => byFields.every((matches) => matches(object)) && (byLabels === undefined || byLabels(object));
}

function labelTerm(selector: LabelSelector): (object: KubeObject) => boolean {
  return (object) => selector.matches(labelsFrom(object.metadata.labels));
}

function fieldTerms(type: ResourceType, selector: FieldSelector): readonly ((object: KubeObject) => boolean)[] {
  return selector.requirements.map(({ field, operator, value }) => {
    const read = fieldReader(type, field);
    return operator === "!=" ? (object) => read(object) !== value : (object) => read(object) === value;
  });
}

function fieldReader(type: ResourceType, field: string): (object: KubeObject) => string {
  if (field === "metadata.name") return (object) => object.metadata.name;
  if (field === "metadata.namespace") return (object) => object.metadata.namespace ?? "";
  const reader = type.fields.get(field);
  if (reader !== undefined) return reader;
  throw badRequest(
    type.refusesUnknownFieldsByLabel
      ? `field label not supported: ${field}`
      : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

function readable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SelectorInvalid) throw badRequest(error.message);
    throw error;
  }
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
