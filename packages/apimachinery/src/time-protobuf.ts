/**
 * Times and durations in protobuf.
 *
 * @see apimachinery `pkg/apis/meta/v1/time_proto.go`, `micro_time_proto.go`
 */
import type { ProtobufWriter } from "./protobuf-writer.ts";
import { isZeroTime, type Instant } from "./time.ts";

/** Writes an embedded Time: whole seconds; the zero Time (and none) is an empty message. */
export function writeTime(writer: ProtobufWriter, field: number, time: Instant | undefined): void {
  writeTimestamp(writer, field, time, 0);
}

/** Writes an embedded MicroTime: seconds and whole microseconds, as nanoseconds; the zero Time (and none) is an empty message. */
export function writeMicroTime(writer: ProtobufWriter, field: number, time: Instant | undefined): void {
  writeTimestamp(writer, field, time, time === undefined ? 0 : time.nanos - (time.nanos % 1000));
}

function writeTimestamp(writer: ProtobufWriter, field: number, time: Instant | undefined, nanos: number): void {
  const mark = writer.begin(field);
  if (time !== undefined && !isZeroTime(time)) {
    writer.int(1, time.seconds);
    writer.int(2, nanos);
  }
  writer.end(mark);
}

/** Writes an embedded Duration. */
export function writeDuration(writer: ProtobufWriter, field: number, nanoseconds: number | bigint): void {
  const mark = writer.begin(field);
  writer.int(1, nanoseconds);
  writer.end(mark);
}
