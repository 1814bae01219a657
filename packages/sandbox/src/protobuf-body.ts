/**
 * Reading objects that clients send as protobuf. kubectl does so for the few kinds it has typed clients for; everything else comes as JSON.
 *
 * @see kubernetes `api` generated.proto files, apimachinery `pkg/runtime/serializer/protobuf`
 */
import { badRequest, formatTime, unsupportedMediaType } from "@kubemetrics/apimachinery";
import { textAt } from "./json-path.ts";
import type { Json, JsonObject } from "./kube-object.ts";

export const protobufMediaType = "application/vnd.kubernetes.protobuf";

type FieldType = "text" | "bool" | "int" | "bytes" | "time" | Message;
interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly form: "one" | "list" | "map";
}
/** By field number. */
type Message = ReadonlyMap<number, Field>;

const one = (name: string, type: FieldType = "text"): Field => ({ name, type, form: "one" });
const list = (name: string, type: FieldType = "text"): Field => ({ name, type, form: "list" });
const map = (name: string, type: FieldType = "text"): Field => ({ name, type, form: "map" });
const message = (fields: { readonly [number: number]: Field }): Message =>
  new Map(Object.entries(fields).map(([number, field]) => [Number(number), field]));

const metadata = message({
  1: one("name"),
  2: one("generateName"),
  3: one("namespace"),
  5: one("uid"),
  6: one("resourceVersion"),
  8: one("creationTimestamp", "time"),
  11: map("labels"),
  12: map("annotations"),
  14: list("finalizers"),
});
const requirement = message({ 1: one("key"), 2: one("operator"), 3: list("values") });
const selector = message({ 1: one("rawSelector"), 2: list("requirements", requirement) });
const resourceAttributes = message({
  1: one("namespace"),
  2: one("verb"),
  3: one("group"),
  4: one("version"),
  5: one("resource"),
  6: one("subresource"),
  7: one("name"),
  8: one("fieldSelector", selector),
  9: one("labelSelector", selector),
});
const accessSpec = message({
  1: one("resourceAttributes", resourceAttributes),
  2: one("nonResourceAttributes", message({ 1: one("path"), 2: one("verb") })),
  3: one("user"),
  4: list("groups"),
  5: map("extra", message({ 1: list("") })),
  6: one("uid"),
});
const accessReview = message({ 1: one("metadata", metadata), 2: one("spec", accessSpec) });
const rule = message({
  1: list("verbs"),
  2: list("apiGroups"),
  3: list("resources"),
  4: list("resourceNames"),
  5: list("nonResourceURLs"),
});
const role = message({ 1: one("metadata", metadata), 2: list("rules", rule) });
const binding = message({
  1: one("metadata", metadata),
  2: list("subjects", message({ 1: one("kind"), 2: one("apiGroup"), 3: one("name"), 4: one("namespace") })),
  3: one("roleRef", message({ 1: one("apiGroup"), 2: one("kind"), 3: one("name") })),
});

const kinds: ReadonlyMap<string, Message> = new Map([
  ["Namespace", message({ 1: one("metadata", metadata) })],
  [
    "ConfigMap",
    message({
      1: one("metadata", metadata),
      2: map("data"),
      3: map("binaryData", "bytes"),
      4: one("immutable", "bool"),
    }),
  ],
  ["ServiceAccount", message({ 1: one("metadata", metadata) })],
  [
    "TokenReview",
    message({ 1: one("metadata", metadata), 2: one("spec", message({ 1: one("token"), 2: list("audiences") })) }),
  ],
  [
    "TokenRequest",
    message({
      1: one("metadata", metadata),
      2: one("spec", message({ 1: list("audiences"), 4: one("expirationSeconds", "int") })),
    }),
  ],
  ["SelfSubjectReview", message({ 1: one("metadata", metadata) })],
  ["SubjectAccessReview", accessReview],
  ["LocalSubjectAccessReview", accessReview],
  ["SelfSubjectAccessReview", accessReview],
  [
    "SelfSubjectRulesReview",
    message({ 1: one("metadata", metadata), 2: one("spec", message({ 1: one("namespace") })) }),
  ],
  ["Role", role],
  ["ClusterRole", role],
  ["RoleBinding", binding],
  ["ClusterRoleBinding", binding],
]);

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
    const schema = kinds.get(kind);
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
  const reader = new Reader(bytes);
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

type Payload = number | Buffer;

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

class Reader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  field(): { number: number; payload: Payload } {
    const tag = this.#varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        return { number, payload: this.#varint() };
      case 1:
        return { number, payload: this.#take(8) };
      case 2:
        return { number, payload: this.#take(this.#varint()) };
      case 5:
        return { number, payload: this.#take(4) };
      default:
        throw new RangeError(`wire type ${tag % 8}`);
    }
  }

  /** Exact up to 2^53; nothing that is read here is larger. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new RangeError("it ends inside a number");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number of more than 64 bits");
  }

  #take(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw new RangeError("it ends inside a field");
    const part = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return part;
  }
}
