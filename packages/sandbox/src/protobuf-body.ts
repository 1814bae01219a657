/**
 * Reading objects that clients send as protobuf. kubectl does so for the few kinds it has typed clients for; everything else comes as JSON.
 *
 * @see kubernetes `api` generated.proto files, apimachinery `pkg/runtime/serializer/protobuf`
 */
import { badRequest, formatTime, unsupportedMediaType } from "@kubemetrics/apimachinery";
import { textAt } from "./json-path.ts";
import type { Json, JsonObject } from "./kube-object.ts";
import { ProtobufReader, type Payload } from "./protobuf-reader.ts";
import { kindSchemas, message, one, type Field, type FieldType, type Message } from "./protobuf-schemas.ts";

export const protobufMediaType = "application/vnd.kubernetes.protobuf";

/** `k8s` and a zero: every protobuf body begins with it. */
const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
const envelope = message({
  1: one("typeMeta", message({ 1: one("apiVersion"), 2: one("kind") })),
  2: one("raw", "bytes"),
});

/** @throws StatusError 400 for bytes that are no such body, 415 for kinds that are read as JSON only */
export function parseProtobufObject(bytes: Buffer): JsonObject {
  if (!bytes.subarray(0, 4).equals(magic))
    throw badRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  try {
    const { typeMeta, raw } = readMessage(bytes.subarray(4), envelope) as {
      typeMeta?: { apiVersion?: string; kind?: string };
      raw?: string;
    };
    const kind = typeMeta?.kind ?? "";
    const schema = kindSchemas.get(kind);
    if (schema === undefined) throw unsupportedMediaType(["application/json"]);
    return { apiVersion: typeMeta?.apiVersion ?? "", kind, ...readMessage(Buffer.from(raw ?? "", "base64"), schema) };
  } catch (error) {
    if (error instanceof RangeError)
      throw badRequest(`the body of the request is no protobuf message: ${error.message}`);
    throw error;
  }
}

function readMessage(bytes: Buffer, schema: Message): JsonObject {
  const fields = new Map<string, Json>();
  const reader = new ProtobufReader(bytes);
  while (!reader.isAtEnd) {
    const { number, payload } = reader.field();
    const field = schema.get(number);
    // What the sandbox does not keep is left out, as an older API server leaves out newer fields.
    if (field === undefined) continue;
    if (field.form === "map") addEntry(fields, field, payload);
    else if (field.form === "list")
      fields.set(field.name, [...listOf(fields.get(field.name)), readValue(payload, field.type)]);
    else addUnlessEmpty(fields, field.name, readValue(payload, field.type));
  }
  return Object.fromEntries(fields);
}

function addEntry(fields: Map<string, Json>, { name, type }: Field, payload: Payload): void {
  const entry = readMessage(bytesOf(payload), message({ 1: one("key"), 2: one("value", type) }));
  const value = entry["value"] ?? "";
  // A message whose only field has no name stands for its list: the values of `extra`.
  const shown = typeof value === "object" && value !== null && "" in value ? (value as JsonObject)[""] : value;
  fields.set(name, { ...(fields.get(name) as JsonObject | undefined), [textAt(entry, "key")]: shown });
}

function addUnlessEmpty(fields: Map<string, Json>, name: string, value: Json): void {
  if (value !== "" && value !== 0 && value !== false) fields.set(name, value);
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function readValue(payload: Payload, type: FieldType): Json {
  switch (type) {
    case "text":
      return bytesOf(payload).toString("utf8");
    case "bytes":
      return bytesOf(payload).toString("base64");
    case "bool":
      return payload !== 0;
    case "int":
      return typeof payload === "number" ? payload : 0;
    case "time": {
      const { seconds } = readMessage(bytesOf(payload), message({ 1: one("seconds", "int") })) as { seconds?: number };
      return seconds === undefined ? "" : formatTime(seconds * 1000);
    }
    default:
      return readMessage(bytesOf(payload), type);
  }
}

function bytesOf(payload: Payload): Buffer {
  if (typeof payload === "number") throw new RangeError("a number where text or a message should be");
  return payload;
}
