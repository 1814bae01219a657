/** Objects reduced to their metadata, for clients that ask for `as=PartialObjectMetadata[List]`. */
import {
  listMetaToJson,
  objectMetaToJson,
  writeListMeta,
  writeObjectMeta,
  type ListMeta,
  type ObjectMeta,
} from "./object-meta.ts";
import { protobufEnvelope } from "./protobuf-envelope.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** Versions of Table and PartialObjectMetadata; their layouts are equal. */
export type MetaApiVersion = "meta.k8s.io/v1" | "meta.k8s.io/v1beta1";

/** For `goJson` and `goYaml`. */
export function partialObjectToJson(metadata: ObjectMeta, apiVersion: MetaApiVersion): object {
  return { kind: "PartialObjectMetadata", apiVersion, metadata: objectMetaToJson(metadata) };
}

/** For `goJson` and `goYaml`. */
export function partialListToJson(
  metadata: ListMeta,
  items: readonly ObjectMeta[],
  apiVersion: MetaApiVersion,
): object {
  return {
    kind: "PartialObjectMetadataList",
    apiVersion,
    metadata: listMetaToJson(metadata),
    items: items.map((item) => partialObjectToJson(item, apiVersion)),
  };
}

/** The whole protobuf body, envelope included. */
export function partialObjectToProtobuf(metadata: ObjectMeta, apiVersion: MetaApiVersion): Uint8Array {
  const writer = new ProtobufWriter();
  writeObjectMeta(writer, 1, metadata);
  return protobufEnvelope(apiVersion, "PartialObjectMetadata", writer.finish());
}

/** The whole protobuf body, envelope included. */
export function partialListToProtobuf(
  metadata: ListMeta,
  items: readonly ObjectMeta[],
  apiVersion: MetaApiVersion,
): Uint8Array {
  const writer = new ProtobufWriter();
  writeListMeta(writer, 1, metadata);
  for (const item of items) {
    const mark = writer.begin(2);
    writeObjectMeta(writer, 1, item);
    writer.end(mark);
  }
  return protobufEnvelope(apiVersion, "PartialObjectMetadataList", writer.finish());
}
