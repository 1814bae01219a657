/**
 * What a watch shows of each object: all of it, its row (`kubectl get --watch`), or its metadata (the garbage collector,
 * which stops working for a whole cluster when one resource refuses that).
 */
import { partialObjectToJson, type MetaApiVersion } from "@kubemetrics/apimachinery";
import { notAcceptableAs } from "./converted-reply.ts";
import type { Conversion } from "./negotiation.ts";
import { objectMetaOf, objectTable, type TableColumns } from "./object-answer.ts";
import type { TableParts } from "./resource-answer.ts";
import type { WatchEvent } from "./resource.ts";
import type { ServedResource } from "./served-resource.ts";
import { includeOption, tableJson } from "./table.ts";

/** @throws StatusError 406 for a form that single objects do not have, 400 for an unknown `includeObject` */
export function watchForm(
  as: Conversion | undefined,
  { definition }: Pick<ServedResource, "definition">,
  query: ReadonlyMap<string, string>,
): (event: WatchEvent) => object {
  if (as === undefined) return ({ object }) => object;
  // Negotiation lets no other group version through.
  const apiVersion = `${as.group}/${as.version}` as MetaApiVersion;
  if (as.kind === "PartialObjectMetadata") {
    return exceptErrors(({ object }) => partialObjectToJson(objectMetaOf(object), apiVersion));
  }
  if (as.kind !== "Table") throw notAcceptableAs(`a watch shows single objects, which cannot be shown as ${as.kind}`);
  const include = includeOption(query);
  let isFirst = true;
  return exceptErrors((event) => {
    const parts = tableOf(event, definition.watchTable);
    const shown = isFirst ? parts : { ...parts, columns: [] };
    isFirst = false;
    return tableJson(shown, apiVersion, include);
  });
}

/** Errors are Status objects in every form. */
function exceptErrors(show: (event: WatchEvent) => object): (event: WatchEvent) => object {
  return (event) => (event.type === "ERROR" ? event.object : show(event));
}

/** Columns come with the first event only; a bookmark has nothing to show but its version. */
function tableOf({ type, object }: WatchEvent, columns: TableColumns | undefined): TableParts {
  if (type !== "BOOKMARK") return objectTable(object, columns);
  const cells = (columns?.columns ?? [null, null]).map(() => null);
  return objectTable(object, { columns: columns?.columns ?? objectTable(object).columns, cells: () => cells });
}
