/** The envelope of `application/vnd.kubernetes.protobuf` bodies. */
import { ProtobufWriter } from "./protobuf-writer.ts";

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00); // "k8s" and a zero

/** What stands around an encoded message in an `application/vnd.kubernetes.protobuf` body. */
export interface EnvelopeParts {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** The parts around a message of `size` bytes, so that a large body can be sent in segments without joining them. */
export function protobufEnvelopeParts(apiVersion: string, kind: string, size: number): EnvelopeParts {
  const writer = new ProtobufWriter(64);
  writer.raw(magic);
  const typeMeta = writer.begin(1);
  writer.string(1, apiVersion);
  writer.string(2, kind);
  writer.end(typeMeta);
  writer.bytesHead(2, size);
  const head = writer.finish();
  writer.reset();
  writer.string(3, ""); // contentEncoding
  writer.string(4, ""); // contentType
  return { head, tail: writer.finish() };
}

/** Wraps an encoded message into the envelope: the magic bytes `k8s\0` and a `runtime.Unknown` that names the type. */
export function protobufEnvelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const { head, tail } = protobufEnvelopeParts(apiVersion, kind, raw.length);
  const body = new Uint8Array(head.length + raw.length + tail.length);
  body.set(head);
  body.set(raw, head.length);
  body.set(tail, head.length + raw.length);
  return body;
}
