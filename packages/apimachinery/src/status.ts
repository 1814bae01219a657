/** `v1` Status: what an API server answers instead of an object. */
import type { ListMeta } from "./object-meta.ts";

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
