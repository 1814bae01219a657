/** `Table`: what `kubectl get` prints. */
import {
  badRequest,
  goJson,
  goQuote,
  goYaml,
  partialObjectToJson,
  tableToJson,
  type MetaApiVersion,
} from "@kubemetrics/apimachinery";
import type { BodyFormat, TableParts, TableRow } from "./resource-answer.ts";

export type Include = "Metadata" | "None" | "Object";

/** @throws StatusError 400 for an unknown `includeObject` */
export function tableSegments(
  parts: TableParts,
  apiVersion: MetaApiVersion,
  format: BodyFormat,
  query: ReadonlyMap<string, string>,
): readonly Uint8Array[] {
  const json = tableJson(parts, apiVersion, includeOption(query));
  return [Buffer.from(format === "yaml" ? goYaml(json) : `${goJson(json)}\n`)];
}

export function tableJson(parts: TableParts, apiVersion: MetaApiVersion, include: Include): object {
  const rows = parts.rows.map((row) => ({ cells: row.cells, object: shownObject(row, include, apiVersion) }));
  const columns = parts.columns.length === 0 ? null : parts.columns;
  const table = { metadata: parts.metadata, columns, rows: columns === null && rows.length === 0 ? null : rows };
  return tableToJson(table, apiVersion);
}

/** How much of each object a table row carries. @throws StatusError 400 for an unknown one */
export function includeOption(query: ReadonlyMap<string, string>): Include {
  const text = query.get("includeObject") ?? "";
  if (text === "" || text === "Metadata") return "Metadata";
  if (text === "None" || text === "Object") return text;
  const rule = "must be 'Metadata', 'Object', 'None', or empty";
  throw badRequest(`Unable to convert to Table as requested: includeObject: Invalid value: ${goQuote(text)}: ${rule}`);
}

function shownObject(row: TableRow, include: Include, apiVersion: MetaApiVersion): object | null {
  if (include === "None") return null;
  const whole = include === "Object" ? row.object?.() : undefined;
  if (whole === undefined) return partialObjectToJson(row.metadata, apiVersion);
  return JSON.parse(Buffer.from(whole).toString("utf8")) as object;
}
