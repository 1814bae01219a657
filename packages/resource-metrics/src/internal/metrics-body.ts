/** Whole bodies of described objects and lists. */
import type { BodyFormat } from "@kubemetrics/apiservice";
import type { MetricsList, MetricsObject, MetricsType } from "../metrics-object.ts";
import { metricsCodec } from "./metrics-codec.ts";

/** The bytes an API server answers with, in order. */
export function metricsBody(
  format: BodyFormat,
  type: MetricsType,
  value: MetricsObject | MetricsList,
): readonly Uint8Array[] {
  const codec = metricsCodec(format);
  const { sink } = codec;
  if (!("items" in value)) {
    const item = (): Uint8Array => {
      const start = sink.add(value);
      return sink.take().subarray(start);
    };
    return [codec.object(type, value, item)];
  }
  const { items, metadata } = value;
  if (items === undefined || items.length === 0) return [codec.emptyList(type, metadata, items === undefined)];
  for (const item of items) sink.add(item);
  const body = sink.take().subarray(codec.firstFrame);
  return [codec.listHead(type, metadata, body.length), body, codec.listTail(type, metadata)];
}
