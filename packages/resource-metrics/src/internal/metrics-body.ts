/** Whole bodies of described objects and lists. */
import type { BodyFormat } from "@kubemetrics/apiservice";
import type { MetricsList, MetricsObject, MetricsType } from "../metrics-object.ts";
import { maxFrame, type MetricsCodec, metricsCodec } from "./metrics-codec.ts";

/** The bytes an API server answers with, in order. */
export function metricsBody(
  format: BodyFormat,
  type: MetricsType,
  value: MetricsObject | MetricsList,
): readonly Uint8Array[] {
  const codec = metricsCodec(format);
  if (!("items" in value)) return [codec.object(type, value, () => codec.encodeItem(value))];
  const { items, metadata } = value;
  if (items === undefined || items.length === 0) return [codec.emptyList(type, metadata, items === undefined)];
  const framed = items.map((item) => withFrame(codec, codec.encodeItem(item)));
  const [first = new Uint8Array(), ...rest] = framed;
  const parts = [first.subarray(codec.firstFrame), ...rest];
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return [codec.listHead(type, metadata, size), ...parts, codec.listTail(type, metadata)];
}

function withFrame(codec: MetricsCodec, item: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(maxFrame + item.length);
  const start = codec.frame(bytes, 0, item.length);
  bytes.set(item, start);
  return bytes.subarray(0, start + item.length);
}
