/** `PartialObjectMetadata` and its list: only who objects are, not what they hold. */
import { goJson, goYaml, protobufEnvelope, ProtobufWriter, StatusError } from "@kubemetrics/apimachinery";
import { listMetaObject, objectMetaObject, writeListMeta, writeObjectMeta } from "./meta-encoding.ts";
import type { Conversion } from "./negotiation.ts";
import type { BodyFormat, PartialParts } from "./resource-answer.ts";
import type { ServedResource } from "./served-resource.ts";

/** @throws StatusError 406 when a list was asked for as an object, or the other way round */
export function partialMetadataSegments(
  parts: PartialParts,
  as: Conversion,
  format: BodyFormat,
  served: ServedResource,
): readonly Uint8Array[] {
  requireSameShape(parts, as, served);
  const apiVersion = `${as.group}/${as.version}`;
  if (format === "protobuf") return [protobufEnvelope(apiVersion, as.kind, message(parts))];
  const object = parts.kind === "object" ? partialObject(parts.metadata, apiVersion) : partialList(parts, apiVersion);
  return [Buffer.from(format === "yaml" ? goYaml(object) : `${goJson(object)}\n`)];
}

/** The Go type name stands in upstream's sentence. */
function requireSameShape(parts: PartialParts, as: Conversion, { group, definition }: ServedResource): void {
  const goType = `*${group.split(".", 1)[0]}.${definition.kind}${parts.kind === "list" ? "List" : ""}`;
  const isList = parts.kind === "list";
  if (isList === (as.kind === "PartialObjectMetadataList")) return;
  const message = `you requested ${as.kind}, but the requested object is ${isList ? "" : "not "}a list (${goType})`;
  throw new StatusError({ status: "Failure", message, reason: "NotAcceptable", code: 406 });
}

/** Also what rows of a table hold. */
export function partialObject(
  metadata: Parameters<typeof objectMetaObject>[0],
  apiVersion: string,
): Readonly<Record<string, unknown>> {
  return { kind: "PartialObjectMetadata", apiVersion, metadata: objectMetaObject(metadata) };
}

function partialList(
  parts: Extract<PartialParts, { kind: "list" }>,
  apiVersion: string,
): Readonly<Record<string, unknown>> {
  return {
    kind: "PartialObjectMetadataList",
    apiVersion,
    metadata: listMetaObject(parts.metadata),
    items: parts.items.map((item) => partialObject(item, apiVersion)),
  };
}

function message(parts: PartialParts): Uint8Array {
  const writer = new ProtobufWriter();
  if (parts.kind === "object") {
    writeObjectMeta(writer, 1, parts.metadata);
  } else {
    writeListMeta(writer, 1, parts.metadata);
    for (const item of parts.items) {
      const mark = writer.begin(2);
      writeObjectMeta(writer, 1, item);
      writer.end(mark);
    }
  }
  return writer.finish();
}
