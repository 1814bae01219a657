/** From an answer that says no to the error that explains it. */
import type { Status } from "@kubemetrics/apimachinery";
import { KubeRequestFailed, type RequestFailedCode } from "../kube-error.ts";
import { missingPermission, requestText, type KubeVerb, type ResourceLocation } from "../resource-location.ts";

/** The request a message is about. */
export interface AskedRequest {
  readonly verb: KubeVerb;
  readonly location: ResourceLocation;
  readonly path: string;
}

const codes: ReadonlyMap<number, RequestFailedCode> = new Map([
  [401, "UNAUTHORIZED"],
  [403, "FORBIDDEN"],
  [404, "NOT_FOUND"],
  [409, "CONFLICT"],
  [410, "EXPIRED"],
  [422, "INVALID"],
  [429, "TOO_MANY_REQUESTS"],
  [503, "UNAVAILABLE"],
  [504, "TIMEOUT"],
]);

export function requestFailed(
  asked: AskedRequest,
  httpStatus: number,
  body: string,
  retryAfter: string | undefined,
): KubeRequestFailed {
  const status = statusFrom(httpStatus, body);
  const code = codes.get(httpStatus) ?? (httpStatus >= 500 ? "SERVER_ERROR" : "REJECTED");
  const message = `cannot ${requestText(asked.verb, asked.location)} (${asked.path}): ${wayOut(code, asked, status, httpStatus)}`;
  return new KubeRequestFailed(code, message, { status, httpStatus, retryAfterMs: retryAfterMs(retryAfter, status) });
}

function wayOut(code: RequestFailedCode, asked: AskedRequest, status: Status, httpStatus: number): string {
  const said = `kube-apiserver answered ${httpStatus}: ${status.message ?? ""}`;
  switch (code) {
    case "FORBIDDEN":
      return `${said}; ${missingPermission(asked.verb, asked.location)}`;
    case "UNAUTHORIZED":
      return `${said}; the token or client certificate in use is expired or unknown to this cluster`;
    default:
      return said;
  }
}

/** The Status of the body, or one made of the HTTP status and the beginning of the body. */
function statusFrom(httpStatus: number, body: string): Status {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "Status")
      return value as Status;
  } catch {
    // Not JSON: proxies and broken servers answer with text.
  }
  const text = body.slice(0, 200).trim();
  return { status: "Failure", code: httpStatus, message: text === "" ? "(empty body)" : text };
}

function retryAfterMs(header: string | undefined, status: Status): number | undefined {
  const seconds = header === undefined ? Number.NaN : Number(header);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  const inBody = status.details?.retryAfterSeconds;
  return typeof inBody === "number" && inBody > 0 ? inBody * 1000 : undefined;
}
