/** Tables, for clients such as kubectl that show objects as rows. */
import { listMetaToJson, type ListMeta } from "./object-meta.ts";
import type { MetaApiVersion } from "./partial-object-metadata.ts";

/** `format` refines the type (`name`, `quantity`, `duration` …); columns of a priority above 0 are shown on request. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** `object` is the row's object in its JSON form, or null when the client asked for none. */
export interface TableRow {
  readonly cells: readonly (string | number | bigint | boolean | null)[];
  readonly object: object | null;
}

/** Null lists are what upstream answers when there is no object to show. */
export interface Table {
  readonly metadata: ListMeta;
  readonly columns: readonly TableColumn[] | null;
  readonly rows: readonly TableRow[] | null;
}

/** For `goJson` and `goYaml`, keys in Go's order. There is no protobuf form. */
export function tableToJson(table: Table, apiVersion: MetaApiVersion): object {
  return {
    kind: "Table",
    apiVersion,
    metadata: listMetaToJson(table.metadata),
    columnDefinitions: table.columns?.map(columnToJson) ?? null,
    rows: table.rows?.map(({ cells, object }) => ({ cells, object })) ?? null,
  };
}

function columnToJson({ name, type, format, description, priority }: TableColumn): object {
  return { name, type, format, description, priority };
}
