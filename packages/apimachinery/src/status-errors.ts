/**
 * Constructors of StatusErrors with upstream's codes, reasons and exact texts.
 *
 * @see apimachinery `pkg/api/errors/errors.go`, apiserver `pkg/endpoints/handlers/negotiation/errors.go`
 */
import { fieldErrorBody, fieldErrorsText, type FieldError } from "./field-error.ts";
import { goQuote } from "./go-quote.ts";
import { groupKindText, groupResourceText, type GroupKind, type GroupResource } from "./group-resource.ts";
import { StatusError } from "./status-error.ts";
import type { Status, StatusDetails, StatusReason } from "./status.ts";

/** 400. `message` is free text. */
export function badRequest(message: string): StatusError {
  return failure(400, "BadRequest", message);
}

/** 401. The default is what a handler says; the authentication filter says `Unauthorized`. */
export function unauthorized(message = "not authorized"): StatusError {
  return failure(401, "Unauthorized", message === "" ? "not authorized" : message);
}

/**
 * 403: `pods.metrics.k8s.io "p" is forbidden: <reason>`. An empty name is left out, and so is an empty resource.
 *
 * The reason of the authorization filter (`User "u" cannot list …`) is made by the authorization package.
 */
export function forbidden(resource: GroupResource, name: string, reason: string): StatusError {
  const text = groupResourceText(resource);
  const subject = text === "" ? "" : name === "" ? `${text} is ` : `${text} ${goQuote(name)} is `;
  return failure(403, "Forbidden", `${subject}forbidden: ${reason}`, about(resource, name));
}

/** 404: `nodes.metrics.k8s.io "n" not found`. */
export function notFound(resource: GroupResource, name: string): StatusError {
  return failure(404, "NotFound", `${named(resource, name)} not found`, about(resource, name));
}

/** 405: `watch is not supported on resources of kind "nodes.metrics.k8s.io"`. */
export function methodNotSupported(resource: GroupResource, action: string): StatusError {
  const message = `${action} is not supported on resources of kind ${goQuote(groupResourceText(resource))}`;
  return failure(405, "MethodNotAllowed", message, about(resource));
}

/** 406, naming the media types that would be accepted; `conversion` names the wanted kind (`Table.v1.meta.k8s.io`), if any. */
export function notAcceptable(accepted: readonly string[], conversion = ""): StatusError {
  const when = conversion === "" ? "" : ` when converting to ${conversion}`;
  return failure(406, "NotAcceptable", `only the following media types are accepted${when}: ${accepted.join(", ")}`);
}

/** 409: `pods "p" already exists`. */
export function alreadyExists(resource: GroupResource, name: string): StatusError {
  return failure(409, "AlreadyExists", `${named(resource, name)} already exists`, about(resource, name));
}

/** 409: the object changed meanwhile, or something else stands against the change. */
export function conflict(resource: GroupResource, name: string, reason: string): StatusError {
  const message = `Operation cannot be fulfilled on ${named(resource, name)}: ${reason}`;
  return failure(409, "Conflict", message, about(resource, name));
}

/** 410, for good. */
export function gone(message: string): StatusError {
  return failure(410, "Gone", message);
}

/** 410: a resource version or continue token is too old; the client must list anew. */
export function expired(message: string): StatusError {
  return failure(410, "Expired", message);
}

/** 413. */
export function requestEntityTooLarge(reason: string): StatusError {
  return failure(413, "RequestEntityTooLarge", `Request entity too large: ${reason}`);
}

/** 415, naming the media types that would be accepted. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const types = accepted.join(", ");
  const message = `the body of the request was in an unknown format - accepted media types include: ${types}`;
  return failure(415, "UnsupportedMediaType", message);
}

/** 422: `ListOptions.meta.k8s.io "" is invalid: …`, each wrong field also as a cause. */
export function invalid(kind: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map((error) => ({ reason: error.type, message: fieldErrorBody(error), field: error.field }));
  const subject = `${groupKindText(kind)} ${goQuote(name)} is invalid`;
  const message = errors.length === 0 ? subject : `${subject}: ${fieldErrorsText(errors)}`;
  return failure(422, "Invalid", message, { name, group: kind.group, kind: kind.kind, causes });
}

/** 429; the client waits for `retryAfterSeconds` and tries again. */
export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return failure(429, "TooManyRequests", message, { retryAfterSeconds });
}

/** 500: `Internal error occurred: <cause>`. The client sees `cause`: no secrets. */
export function internalError(cause: string): StatusError {
  return failure(500, "InternalError", `Internal error occurred: ${cause}`, { causes: [{ message: cause }] });
}

/** 500: the operation could not be completed now; the client tries again. `details.name` is the operation, as upstream. */
export function serverTimeout(resource: GroupResource, operation: string, retryAfterSeconds: number): StatusError {
  const target = groupResourceText(resource);
  const message = `The ${operation} operation against ${target} could not be completed at this time, please try again.`;
  return failure(500, "ServerTimeout", message, { ...about(resource, operation), retryAfterSeconds });
}

/** 503. */
export function serviceUnavailable(message: string): StatusError {
  return failure(503, "ServiceUnavailable", message);
}

/** 504: `Timeout: <reason>`. */
export function timeout(reason: string, retryAfterSeconds = 0): StatusError {
  return failure(504, "Timeout", `Timeout: ${reason}`, { retryAfterSeconds });
}

/**
 * The Status to answer for anything thrown: a StatusError's own, else 500 with the error's message and no reason.
 *
 * The client reads that message, as upstream's clients do: catch what must not be told before it comes here.
 */
export function statusFor(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  return { status: "Failure", message: error instanceof Error ? error.message : String(error), code: 500 };
}

function failure(code: number, reason: StatusReason, message: string, details?: StatusDetails): StatusError {
  const status: Status = { status: "Failure", message, reason, code };
  return new StatusError(details === undefined ? status : { ...status, details });
}

function about(resource: GroupResource, name = ""): StatusDetails {
  return { name, group: resource.group, kind: resource.resource };
}

function named(resource: GroupResource, name: string): string {
  return `${groupResourceText(resource)} ${goQuote(name)}`;
}
