/**
 * The three forms of metrics objects, cut so that a list can be put together from items that are encoded already.
 */
import {
  goYaml,
  listMetaToJson,
  type ListMeta,
  protobufEnvelope,
  protobufEnvelopeParts,
  ProtobufWriter,
  writeListMeta,
} from "@kubemetrics/apimachinery";
import type { BodyFormat } from "@kubemetrics/apiservice";
import type { MetricsObject, MetricsType } from "../metrics-object.ts";
import { type ItemSink, ProtobufSink, TextSink } from "./item-sink.ts";
import { listHeadJson, MetricsJson, objectHeadJson } from "./metrics-json.ts";
import { metricsObjectData } from "./metrics-yaml.ts";

export interface MetricsCodec {
  /** How many items make a segment of about 64 KB. */
  readonly segmentItems: number;
  /** Writes items as they stand in a list of any version. */
  readonly sink: ItemSink;
  /** How many bytes of the first item's frame do not belong into a list. */
  readonly firstFrame: number;
  /** The whole body of one object; `item` gives the object as it stands in a list, without a frame. */
  object(type: MetricsType, object: MetricsObject, item: () => Uint8Array): Uint8Array;
  /** What stands around framed items of `size` bytes in all. */
  listHead(type: MetricsType, metadata: ListMeta, size: number): Uint8Array;
  listTail(type: MetricsType, metadata: ListMeta): Uint8Array;
  /** The list without items; `nil` is Go's missing list. */
  emptyList(type: MetricsType, metadata: ListMeta, nil: boolean): Uint8Array;
}

export function metricsCodec(format: BodyFormat): MetricsCodec {
  switch (format) {
    case "json":
      return jsonCodec();
    case "protobuf":
      return protobufCodec();
    case "yaml":
      return yamlCodec();
  }
}

function jsonCodec(): MetricsCodec {
  const json = new MetricsJson();
  const tail = Buffer.from("]}\n");
  const lineBreak = Buffer.from("\n");
  return {
    segmentItems: 160,
    sink: new TextSink((object) => json.item(object), ","),
    firstFrame: 1,
    object: (type, _, item) => Buffer.concat([Buffer.from(objectHeadJson(type)), item().subarray(1), lineBreak]),
    listHead: (type, metadata) => Buffer.from(`${listHeadJson(type, metadata)}[`),
    listTail: () => tail,
    emptyList: (type, metadata, nil) => Buffer.from(`${listHeadJson(type, metadata)}${nil ? "null" : "[]"}}\n`),
  };
}

function protobufCodec(): MetricsCodec {
  const writer = new ProtobufWriter();
  const metadataBytes = (metadata: ListMeta): Uint8Array => {
    writer.reset();
    writeListMeta(writer, 1, metadata);
    return writer.finish();
  };
  return {
    segmentItems: 280,
    sink: new ProtobufSink(2),
    firstFrame: 0,
    object: (type, _, item) => protobufEnvelope(type.apiVersion, type.kind, item()),
    listHead(type, metadata, size) {
      const meta = metadataBytes(metadata);
      const { head } = protobufEnvelopeParts(type.apiVersion, `${type.kind}List`, meta.length + size);
      return Buffer.concat([head, meta]);
    },
    listTail: (type) => protobufEnvelopeParts(type.apiVersion, `${type.kind}List`, 0).tail,
    emptyList: (type, metadata) => protobufEnvelope(type.apiVersion, `${type.kind}List`, metadataBytes(metadata)),
  };
}

/** Keys are in byte order: `items` stands between `apiVersion` and `kind`. */
function yamlCodec(): MetricsCodec {
  return {
    segmentItems: 120,
    sink: new TextSink((object) => goYaml([metricsObjectData(object)]), ""),
    firstFrame: 0,
    object: ({ apiVersion, kind }, object) => Buffer.from(goYaml({ apiVersion, kind, ...metricsObjectData(object) })),
    listHead: ({ apiVersion }) => Buffer.from(`apiVersion: ${apiVersion}\nitems:\n`),
    listTail: ({ kind }, metadata) => Buffer.from(goYaml({ kind: `${kind}List`, metadata: listMetaToJson(metadata) })),
    emptyList: ({ apiVersion, kind }, metadata, nil) =>
      Buffer.from(
        goYaml({ apiVersion, kind: `${kind}List`, items: nil ? null : [], metadata: listMetaToJson(metadata) }),
      ),
  };
}
