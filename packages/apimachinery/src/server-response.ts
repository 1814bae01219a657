/** What a client makes of an HTTP answer that carries no Status, or not one it can read. */
import { goQuote } from "./go-quote.ts";
import { groupResourceText, type GroupResource } from "./group-resource.ts";
import { StatusError } from "./status-error.ts";
import type { StatusReason } from "./status.ts";

/** The answer, and the request it belongs to. */
export interface ServerResponse {
  /** HTTP status code. */
  readonly code: number;
  /** HTTP method of the request. */
  readonly verb: string;
  /** What was asked for; empty texts when unknown. */
  readonly resource: GroupResource;
  readonly name: string;
  /** What the server said, in whatever form. */
  readonly message: string;
  readonly retryAfterSeconds?: number;
  /** False adds the server's words as a cause of type `UnexpectedServerResponse`. */
  readonly isStatus: boolean;
}

/**
 * The error that client-go reports for an HTTP status code: the same words that kubectl's users know.
 *
 * @see apimachinery `pkg/api/errors/errors.go` (NewGenericServerResponse)
 */
export function serverResponse(response: ServerResponse): StatusError {
  const { code, verb, resource, name, message: serverMessage, retryAfterSeconds = 0, isStatus } = response;
  const { reason, message } = meaning(code, verb, serverMessage);
  const target = groupResourceText(resource);
  const request = [verb.toLowerCase(), target, name].filter((part) => part !== "").join(" ");
  return new StatusError({
    status: "Failure",
    message: target === "" ? message : `${message} (${request})`,
    reason,
    details: {
      name,
      group: resource.group,
      kind: resource.resource,
      causes: isStatus ? [] : [{ reason: "UnexpectedServerResponse", message: serverMessage }],
      retryAfterSeconds,
    },
    code,
  });
}

interface Meaning {
  readonly reason: StatusReason;
  readonly message: string;
}

const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [400, { reason: "BadRequest", message: "the server rejected our request for an unknown reason" }],
  [401, { reason: "Unauthorized", message: "the server has asked for the client to provide credentials" }],
  [404, { reason: "NotFound", message: "the server could not find the requested resource" }],
  [405, { reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource" }],
  [409, { reason: "Conflict", message: "the server reported a conflict" }],
  [422, { reason: "Invalid", message: "the server rejected our request due to an error in our request" }],
  [
    429,
    {
      reason: "TooManyRequests",
      message: "the server has received too many requests and has asked us to try again later",
    },
  ],
  [503, { reason: "ServiceUnavailable", message: "the server is currently unable to handle the request" }],
  [
    504,
    {
      reason: "Timeout",
      message:
        "the server was unable to return a response in the time allotted, but may still be processing the request",
    },
  ],
]);

const cannotSpeak = "the server was unable to respond with a content type that the client supports";

function meaning(code: number, verb: string, serverMessage: string): Meaning {
  if (code === 409 && verb === "POST") return { reason: "AlreadyExists", message: "the server reported a conflict" };
  const known = meanings.get(code);
  if (known !== undefined) return known;
  // These keep the server's words: they say who may not do what, or which media types it speaks.
  if (code === 403) return { reason: "Forbidden", message: serverMessage };
  if (code === 415) return { reason: "UnsupportedMediaType", message: serverMessage };
  if (code === 406) {
    const isSilent = serverMessage === "" || serverMessage === "unknown";
    return { reason: "NotAcceptable", message: isSilent ? cannotSpeak : serverMessage };
  }
  if (code >= 500) {
    const message = `an error on the server (${goQuote(serverMessage)}) has prevented the request from succeeding`;
    return { reason: "InternalError", message };
  }
  return {
    reason: "",
    message: `the server responded with the status code ${code} but did not return more information`,
  };
}
