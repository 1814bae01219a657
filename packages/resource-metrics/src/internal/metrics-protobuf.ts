/** Metrics objects as protobuf messages. @see k8s.io/metrics `pkg/apis/metrics/v1/generated.proto` */
import { type ProtobufWriter, writeDuration, writeObjectMeta, writeTime } from "@kubemetrics/apimachinery";
import type { MetricsObject, ResourceAmount } from "../metrics-object.ts";

/** Writes the fields of a NodeMetrics or PodMetrics message. */
export function writeMetricsObject(writer: ProtobufWriter, object: MetricsObject): void {
  writeObjectMeta(writer, 1, object.metadata);
  writeTime(writer, 2, object.timestamp);
  writeDuration(writer, 3, object.windowNs);
  if (!("containers" in object)) {
    writeUsage(writer, 4, object.usage);
    return;
  }
  for (const { name, usage } of object.containers ?? []) {
    const mark = writer.begin(4);
    writer.string(1, name);
    writeUsage(writer, 2, usage);
    writer.end(mark);
  }
}

/** A map entry for each resource; its value is a Quantity message, which is one string. */
function writeUsage(writer: ProtobufWriter, field: number, usage: readonly ResourceAmount[] | undefined): void {
  for (const { resource, quantity } of usage ?? []) {
    const entry = writer.begin(field);
    writer.string(1, resource);
    const value = writer.begin(2);
    writer.string(1, quantity);
    writer.end(value);
    writer.end(entry);
  }
}
