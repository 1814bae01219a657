/** Whole bodies of described objects and lists. */
import type { ListMeta } from "@kubemetrics/apimachinery";
import type { BodyFormat } from "@kubemetrics/apiservice";
import { metricsCodec } from "../src/internal/metrics-codec.ts";
import type { MetricsObject, MetricsType } from "../src/metrics-object.ts";

export interface MetricsList {
  readonly metadata: ListMeta;
  readonly items: readonly MetricsObject[] | undefined;
}

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
