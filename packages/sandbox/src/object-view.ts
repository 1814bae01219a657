/** The forms an object or a list can be asked for in: as it is, metadata only, or as a table. */
import { notAcceptable } from "@kubemetrics/apimachinery";
import type { Json, JsonObject, KubeObject } from "./kube-object.ts";
import { apiVersionOf, type ResourceType } from "./resource-type.ts";
import { tableColumns, tableRow } from "./table.ts";

export type View =
  | { readonly as: "object" }
  | { readonly as: "metadata" }
  | { readonly as: "table"; readonly include: string };

const metaVersion = "meta.k8s.io/v1";

/**
 * The first form of an Accept header that can be given. Only JSON can: that is enough for every client, because those who prefer protobuf
 * accept JSON too.
 *
 * @throws StatusError 406
 */
export function negotiateView(accept: string | undefined, query: URLSearchParams): View {
  for (const clause of (accept ?? "*/*").split(",")) {
    const [mediaType = "", ...parameters] = clause.split(";").map((part) => part.trim());
    if (!["application/json", "application/*", "*/*", ""].includes(mediaType)) continue;
    const values = new Map(parameters.map((text) => text.split("=", 2) as [string, string]));
    const as = values.get("as");
    if (as === undefined) return { as: "object" };
    if (values.get("g") !== "meta.k8s.io" || !["v1", "v1beta1"].includes(values.get("v") ?? "")) continue;
    if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") return { as: "metadata" };
    if (as === "Table") return { as: "table", include: query.get("includeObject") ?? "Metadata" };
  }
  throw notAcceptable(["application/json"]);
}

/** One object in a form. */
export function objectInView(type: ResourceType, object: KubeObject, view: View, nowMs: number): Json {
  if (view.as === "metadata") return metadataOnly(object);
  if (view.as === "table")
    return tableOf(type, [object], view.include, { resourceVersion: object.metadata.resourceVersion }, nowMs);
  return object;
}

/** A list in a form. `metadata` is the list's own. */
export function listInView(
  type: ResourceType,
  objects: readonly KubeObject[],
  metadata: JsonObject,
  view: View,
  nowMs: number,
): Json {
  if (view.as === "table") return tableOf(type, objects, view.include, metadata, nowMs);
  if (view.as === "metadata") {
    return { kind: "PartialObjectMetadataList", apiVersion: metaVersion, metadata, items: objects.map(metadataOnly) };
  }
  return { kind: `${type.kind}List`, apiVersion: apiVersionOf(type), metadata, items: objects.map(withoutType) };
}

function tableOf(
  type: ResourceType,
  objects: readonly KubeObject[],
  include: string,
  metadata: JsonObject,
  nowMs: number,
): JsonObject {
  const embedded = (object: KubeObject): Json =>
    include === "None" ? null : include === "Object" ? object : metadataOnly(object);
  return {
    kind: "Table",
    apiVersion: metaVersion,
    metadata,
    columnDefinitions: tableColumns(type),
    rows: objects.map((object) => ({ cells: tableRow(type, object, nowMs), object: embedded(object) })),
  };
}

function metadataOnly(object: KubeObject): JsonObject {
  return { kind: "PartialObjectMetadata", apiVersion: metaVersion, metadata: object.metadata };
}

/** Items of a typed list come without kind and version, as upstream sends them. */
function withoutType(object: KubeObject): JsonObject {
  return { ...object, kind: undefined, apiVersion: undefined };
}
