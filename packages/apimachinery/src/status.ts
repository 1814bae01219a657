/** `v1` Status: what an API server answers instead of an object. */
import { listMetaToJson, writeListMeta, type ListMeta } from "./object-meta.ts";
import { protobufEnvelope } from "./protobuf-envelope.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** Why a request failed, for programs. The empty text means unknown. */
export type StatusReason =
  | ""
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Invalid"
  | "ServerTimeout"
  | "StoreReadError"
  | "Timeout"
  | "TooManyRequests"
  | "BadRequest"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "InternalError"
  | "Expired"
  | "ServiceUnavailable";

/** One of several causes. `reason` is the cause type, such as `FieldValueInvalid`. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** What the failure is about. `kind` holds a resource name (`nodes`) in almost every upstream answer. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  /** Seconds; 0 and absent mean the same. Sent as `Retry-After` too. */
  readonly retryAfterSeconds?: number;
}

/** A Status without its type: `kind` and `apiVersion` are added when it is encoded. */
export interface Status {
  readonly metadata?: ListMeta;
  readonly status?: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  /** The HTTP status code. */
  readonly code?: number;
}

/** For `goJson` and `goYaml`: with `kind` and `apiVersion`, keys in Go's order, empty fields left out. */
export function statusToJson(status: Status): object {
  const { metadata, status: outcome, message, reason, details, code } = status;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: listMetaToJson(metadata ?? {}),
    status: outcome,
    message: message || undefined,
    reason: reason || undefined,
    details: details === undefined ? undefined : detailsToJson(details),
    code: code || undefined,
  };
}

function detailsToJson({ name, group, kind, uid, causes, retryAfterSeconds }: StatusDetails): object {
  return {
    name: name || undefined,
    group: group || undefined,
    kind: kind || undefined,
    uid: uid || undefined,
    causes: causes?.length ? causes.map(causeToJson) : undefined,
    retryAfterSeconds: retryAfterSeconds || undefined,
  };
}

function causeToJson({ reason, message, field }: StatusCause): object {
  return { reason: reason || undefined, message: message || undefined, field: field || undefined };
}

/** The whole protobuf body, envelope included. */
export function statusToProtobuf(status: Status): Uint8Array {
  const writer = new ProtobufWriter();
  writeListMeta(writer, 1, status.metadata ?? {});
  writer.string(2, status.status ?? "");
  writer.string(3, status.message ?? "");
  writer.string(4, status.reason ?? "");
  if (status.details !== undefined) writeDetails(writer, 5, status.details);
  writer.int(6, status.code ?? 0);
  return protobufEnvelope("v1", "Status", writer.finish());
}

function writeDetails(writer: ProtobufWriter, field: number, details: StatusDetails): void {
  const mark = writer.begin(field);
  writer.string(1, details.name ?? "");
  writer.string(2, details.group ?? "");
  writer.string(3, details.kind ?? "");
  for (const cause of details.causes ?? []) writeCause(writer, 4, cause);
  writer.int(5, details.retryAfterSeconds ?? 0);
  writer.string(6, details.uid ?? "");
  writer.end(mark);
}

function writeCause(writer: ProtobufWriter, field: number, cause: StatusCause): void {
  const mark = writer.begin(field);
  writer.string(1, cause.reason ?? "");
  writer.string(2, cause.message ?? "");
  writer.string(3, cause.field ?? "");
  writer.end(mark);
}
