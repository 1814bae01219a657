/** Answers made from plain objects, for resources that are not worth an encoder of their own: JSON, YAML, tables. */
import {
  goJson,
  goYaml,
  labelsFrom,
  notAcceptable,
  parseTime,
  type ListMeta,
  type ObjectMeta,
  type OwnerReference,
} from "@kubemetrics/apimachinery";
import { mediaTypes } from "./negotiation.ts";
import type { BodyFormat, ResourceAnswer, TableParts, TableRow } from "./resource-answer.ts";

/** An object as JSON shows it. Keys keep their order. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The table form of an object; without it, names and creation times are shown. */
export interface TableColumns {
  readonly columns: TableParts["columns"];
  cells(object: JsonObject): TableRow["cells"];
}

/** For resources whose `formats` are JSON and YAML. */
export function objectAnswer(object: JsonObject, status = 200, table: TableColumns = nameAndAge): ResourceAnswer {
  return {
    status,
    body: (format) => bodyOf(object, format),
    table: () => objectTable(object, table),
    partialMetadata: () => ({ kind: "object", metadata: objectMetaOf(object) }),
  };
}

/** One row; the version of the object is the table's, from which `kubectl get --watch` goes on. */
export function objectTable(object: JsonObject, table: TableColumns = nameAndAge): TableParts {
  const resourceVersion = textAt(metadataOf(object), "resourceVersion");
  return { columns: table.columns, rows: [rowOf(object, table)], metadata: { resourceVersion } };
}

/** A list; items are shown without `kind` and `apiVersion`. The framework can select from it. */
export function listAnswer(
  list: { readonly kind: string; readonly apiVersion: string; readonly metadata: ListMeta },
  items: readonly JsonObject[],
  table: TableColumns = nameAndAge,
): ResourceAnswer {
  const { kind, apiVersion, metadata } = list;
  return {
    body: (format) => bodyOf({ kind, apiVersion, metadata, items: items.map(withoutType) }, format),
    table: () => ({ columns: table.columns, rows: items.map((item) => rowOf(item, table)), metadata }),
    partialMetadata: () => ({ kind: "list", metadata, items: items.map(objectMetaOf) }),
    selected: (selects) => listAnswer(list, items.filter(selects), table),
  };
}

const nameAndAge: TableColumns = {
  columns: [
    { name: "Name", type: "string", format: "name", description: "Name of the object", priority: 0 },
    { name: "Created At", type: "date", format: "", description: "When the object was created", priority: 0 },
  ],
  cells: (object) => [textAt(metadataOf(object), "name"), textAt(metadataOf(object), "creationTimestamp")],
};

function bodyOf(object: JsonObject, format: BodyFormat): readonly Uint8Array[] {
  if (format === "protobuf") throw notAcceptable([mediaTypes.json, mediaTypes.yaml]);
  return [Buffer.from(format === "yaml" ? goYaml(object) : `${goJson(object)}\n`)];
}

function rowOf(object: JsonObject, table: TableColumns): TableRow {
  return {
    cells: table.cells(object),
    metadata: objectMetaOf(object),
    object: () => Buffer.from(goJson(object)),
  };
}

function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** `metadata` of a plain object; whatever is not of the right type is left out. */
export function objectMetaOf(object: JsonObject): ObjectMeta {
  const metadata = metadataOf(object);
  const created = textAt(metadata, "creationTimestamp");
  const deleted = textAt(metadata, "deletionTimestamp");
  return {
    name: textAt(metadata, "name"),
    generateName: textAt(metadata, "generateName"),
    namespace: textAt(metadata, "namespace"),
    uid: textAt(metadata, "uid"),
    resourceVersion: textAt(metadata, "resourceVersion"),
    ...(typeof metadata["generation"] === "number" ? { generation: metadata["generation"] } : {}),
    ...(created === "" ? {} : { creationTimestamp: parseTime(created) }),
    ...(deleted === "" ? {} : { deletionTimestamp: parseTime(deleted), deletionGracePeriodSeconds: 0 }),
    labels: labelsFrom(textsAt(metadata, "labels")),
    annotations: labelsFrom(textsAt(metadata, "annotations")),
    ownerReferences: itemsAt(metadata, "ownerReferences").filter(isObject).map(ownerOf),
    finalizers: itemsAt(metadata, "finalizers").filter((value) => typeof value === "string"),
  };
}

function ownerOf(owner: JsonObject): OwnerReference {
  const { controller, blockOwnerDeletion } = owner;
  return {
    apiVersion: textAt(owner, "apiVersion"),
    kind: textAt(owner, "kind"),
    name: textAt(owner, "name"),
    uid: textAt(owner, "uid"),
    ...(typeof controller === "boolean" && { controller }),
    ...(typeof blockOwnerDeletion === "boolean" && { blockOwnerDeletion }),
  };
}

export function metadataOf(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  return isObject(metadata) ? metadata : {};
}

export function textAt(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

export function itemsAt(object: JsonObject, key: string): readonly unknown[] {
  const value = object[key];
  return Array.isArray(value) ? value : [];
}

/** A map of texts; entries that are no texts are left out. */
export function textsAt(object: JsonObject, key: string): Readonly<Record<string, string>> {
  const value = object[key];
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
