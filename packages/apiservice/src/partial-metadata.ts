/** `PartialObjectMetadata` and its list: only who objects are, not what they hold. */
import {
  goJson,
  goYaml,
  partialListToJson,
  partialListToProtobuf,
  partialObjectToJson,
  partialObjectToProtobuf,
  StatusError,
  type MetaApiVersion,
} from "@kubemetrics/apimachinery";
import type { BodyFormat, PartialParts } from "./resource-answer.ts";
import type { ServedResource } from "./served-resource.ts";

/** @throws StatusError 406 when a list was asked for as an object, or the other way round */
export function partialMetadataSegments(
  parts: PartialParts,
  kind: string,
  apiVersion: MetaApiVersion,
  format: BodyFormat,
  served: ServedResource,
): readonly Uint8Array[] {
  requireSameShape(parts, kind, served);
  if (format === "protobuf") {
    return [
      parts.kind === "object"
        ? partialObjectToProtobuf(parts.metadata, apiVersion)
        : partialListToProtobuf(parts.metadata, parts.items, apiVersion),
    ];
  }
  const json =
    parts.kind === "object"
      ? partialObjectToJson(parts.metadata, apiVersion)
      : partialListToJson(parts.metadata, parts.items, apiVersion);
  return [Buffer.from(format === "yaml" ? goYaml(json) : `${goJson(json)}\n`)];
}

/** The Go type name stands in upstream's sentence. */
function requireSameShape(parts: PartialParts, kind: string, { group, definition }: ServedResource): void {
  const goType = `*${group.split(".", 1)[0]}.${definition.kind}${parts.kind === "list" ? "List" : ""}`;
  const isList = parts.kind === "list";
  if (isList === (kind === "PartialObjectMetadataList")) return;
  const message = `you requested ${kind}, but the requested object is ${isList ? "" : "not "}a list (${goType})`;
  throw new StatusError({ status: "Failure", message, reason: "NotAcceptable", code: 406 });
}
