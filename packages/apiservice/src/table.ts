/** `Table`: what `kubectl get` prints. */
import { badRequest, goJson, goQuote, goYaml } from "@kubemetrics/apimachinery";
import { firstQueryValue } from "@kubemetrics/authorization";
import { listMetaObject } from "./meta-encoding.ts";
import { partialObject } from "./partial-metadata.ts";
import type { BodyFormat, TableParts, TableRow } from "./resource-answer.ts";

type Include = "Metadata" | "None" | "Object";

/** @throws StatusError 400 for an unknown `includeObject` */
export function tableSegments(
  parts: TableParts,
  version: string,
  format: BodyFormat,
  rawQuery: string,
): readonly Uint8Array[] {
  const include = includeOption(rawQuery);
  const apiVersion = `meta.k8s.io/${version}`;
  const isEmpty = parts.columns.length === 0 && parts.rows.length === 0;
  const table = {
    kind: "Table",
    apiVersion,
    metadata: listMetaObject(parts.metadata),
    columnDefinitions: isEmpty ? null : parts.columns.map(columnObject),
    rows: isEmpty ? null : parts.rows.map((row) => rowObject(row, include, apiVersion)),
  };
  return [Buffer.from(format === "yaml" ? goYaml(table) : `${goJson(table)}\n`)];
}

function includeOption(rawQuery: string): Include {
  const text = firstQueryValue(rawQuery, "includeObject") ?? "";
  if (text === "" || text === "Metadata") return "Metadata";
  if (text === "None" || text === "Object") return text;
  const rule = "must be 'Metadata', 'Object', 'None', or empty";
  throw badRequest(`Unable to convert to Table as requested: includeObject: Invalid value: ${goQuote(text)}: ${rule}`);
}

function columnObject(column: TableParts["columns"][number]): Readonly<Record<string, unknown>> {
  const { name, type, format, description, priority } = column;
  return { name, type, format, description, priority };
}

function rowObject(row: TableRow, include: Include, apiVersion: string): Readonly<Record<string, unknown>> {
  const whole = include === "Object" ? row.object?.() : undefined;
  if (whole !== undefined) return { cells: row.cells, object: JSON.parse(Buffer.from(whole).toString("utf8")) };
  return { cells: row.cells, object: include === "None" ? null : partialObject(row.metadata, apiVersion) };
}
