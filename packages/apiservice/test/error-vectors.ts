/** forbidden-text.json: error answers, byte for byte. */
import {
  alreadyExists,
  badRequest,
  conflict,
  expired,
  forbidden,
  gone,
  internalError,
  invalid,
  methodNotSupported,
  notAcceptable,
  notFound,
  requestEntityTooLarge,
  serverTimeout,
  serviceUnavailable,
  StatusError,
  timeout,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
  type StatusReason,
} from "@kubemetrics/apimachinery";
import { same, type AreaBinding, type VectorCase } from "@kubemetrics/conformance";
import { forbiddenReply } from "../src/authorization-filter.ts";
import { internalErrorText } from "../src/request-info-filter.ts";
import { errorReply } from "../src/status-reply.ts";
import { asker, recordedReply, requestInfo, userNamed, type RecordedHttp } from "./vector-asker.ts";

interface ErrorCase extends VectorCase {
  readonly kind: "forbidden" | "internalError" | "status";
  readonly accept?: string;
  readonly target?: string;
  readonly userAgent?: string;
  readonly attributes?: RecordedAttributes;
  readonly reason?: string;
  readonly error?: string;
  readonly make?: Made | string;
  readonly http: RecordedHttp;
}

interface RecordedAttributes {
  readonly user: string;
  readonly verb: string;
  readonly namespace?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly path?: string;
  readonly resourceRequest: boolean;
}

interface Made {
  readonly make: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly text?: string;
  readonly seconds?: number;
  readonly code?: number;
  readonly types?: readonly string[];
}

export const forbiddenTextBinding: AreaBinding = {
  area: "forbidden-text",
  check(test) {
    const recorded = test as ErrorCase;
    const from = asker({ accept: recorded.accept, target: recorded.target ?? "/x", userAgent: recorded.userAgent });
    if (recorded.kind === "internalError") {
      const target = Buffer.from(recorded.target ?? "", "utf8").toString("latin1");
      return same(recorded.http, recordedReply(internalErrorText(target, recorded.error ?? ""), recorded.http));
    }
    if (recorded.kind === "forbidden") {
      const { user, verb, resourceRequest, group, ...rest } = recorded.attributes ?? nothing;
      const info = requestInfo({ ...rest, verb, apiGroup: group ?? "", isResourceRequest: resourceRequest });
      const reply = forbiddenReply({ user: userNamed(user), info, known: from.known }, recorded.reason ?? "");
      return same(recorded.http, recordedReply(reply, recorded.http));
    }
    const made = madeError(recorded.make as Made);
    return same(recorded.http, recordedReply(errorReply(from, made), recorded.http));
  },
};

const nothing: RecordedAttributes = { user: "", verb: "", resourceRequest: false };

function madeError({
  make,
  group = "",
  resource = "",
  name = "",
  text = "",
  seconds = 0,
  code = 0,
  types = [],
}: Made): Error {
  const target = { group, resource };
  switch (make) {
    case "NotFound":
      return notFound(target, name);
    case "AlreadyExists":
      return alreadyExists(target, name);
    case "Unauthorized":
      return unauthorized(text);
    case "Forbidden":
      return forbidden(target, name, text);
    case "Conflict":
      return conflict(target, name, text);
    case "Gone":
      return gone(text);
    case "ResourceExpired":
      return expired(text);
    case "BadRequest":
      return badRequest(text);
    case "TooManyRequests":
      return tooManyRequests(text, seconds);
    case "ServiceUnavailable":
      return serviceUnavailable(text);
    case "MethodNotSupported":
      return methodNotSupported(target, text);
    case "ServerTimeout":
      return serverTimeout(target, text, seconds);
    case "InternalError":
      return internalError(text);
    case "Timeout":
      return timeout(text, seconds);
    case "RequestEntityTooLarge":
      return requestEntityTooLarge(text);
    case "NotAcceptable":
      return notAcceptable(types);
    case "UnsupportedMediaType":
      return unsupportedMediaType(types);
    case "Invalid":
      return invalid({ group, kind: resource }, name, [
        { type: "FieldValueForbidden", field: "spec.x", detail: text },
        { type: "FieldValueRequired", field: "y[1]" },
      ]);
    case "plain":
      return new Error(text);
    default:
      return generic(make, { make, group, resource, name, text, code, seconds });
  }
}

/** What Go's client makes of a bare HTTP status: not made by servers, but sent by them when passed on. */
function generic(
  make: string,
  { group = "", resource = "", name = "", text = "", code = 0, seconds = 0 }: Made,
): StatusError {
  const [reason, sentence] = genericTexts.get(code > 504 ? 500 : code) ?? ["", ""];
  const isUnexpected = make === "GenericUnexpected";
  const message =
    sentence === ""
      ? `the server responded with the status code ${code} but did not return more information`
      : sentence;
  const about = `${resource}${group === "" ? "" : `.${group}`}${name === "" ? "" : ` ${name}`}`;
  const said = message.replace("%s", text);
  const details = {
    name,
    group,
    kind: resource,
    ...(seconds > 0 ? { retryAfterSeconds: seconds } : {}),
    ...(isUnexpected ? { causes: [{ reason: "UnexpectedServerResponse", message: text }] } : {}),
  };
  const shown = about === "" ? said : `${said} (get ${about})`;
  const status = { status: "Failure", message: shown, reason, details, code } as const;
  return new StatusError(status);
}

const genericTexts: ReadonlyMap<number, readonly [StatusReason, string]> = new Map<
  number,
  readonly [StatusReason, string]
>([
  [400, ["BadRequest", "the server rejected our request for an unknown reason"]],
  [401, ["Unauthorized", "the server has asked for the client to provide credentials"]],
  [403, ["Forbidden", "%s"]],
  [404, ["NotFound", "the server could not find the requested resource"]],
  [405, ["MethodNotAllowed", "the server does not allow this method on the requested resource"]],
  [406, ["NotAcceptable", "%s"]],
  [409, ["Conflict", "the server reported a conflict"]],
  [415, ["UnsupportedMediaType", "%s"]],
  [422, ["Invalid", "the server rejected our request due to an error in our request"]],
  [429, ["TooManyRequests", "the server has received too many requests and has asked us to try again later"]],
  [500, ["InternalError", 'an error on the server ("%s") has prevented the request from succeeding']],
  [503, ["ServiceUnavailable", "the server is currently unable to handle the request"]],
  [
    504,
    [
      "Timeout",
      "the server was unable to return a response in the time allotted, but may still be processing the request",
    ],
  ],
]);
