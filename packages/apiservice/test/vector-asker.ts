/** Recorded requests and answers in the framework's own terms. */
import type { UserInfo } from "@kubemetrics/authentication";
import { parseRequestInfo, type RequestInfo } from "@kubemetrics/authorization";
import { readKnownHeaders, type KnownHeaders } from "../src/request-headers.ts";
import type { Reply } from "../src/reply.ts";

/** An answer as recorded: Go's header names, several values joined. */
export interface RecordedHttp {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyBase64?: string;
}

export function asker(request: {
  readonly accept?: string | null | undefined;
  readonly target: string;
  readonly userAgent?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}): { readonly info: RequestInfo; readonly known: KnownHeaders } {
  const headers: string[] = [];
  if (typeof request.accept === "string") headers.push("Accept", request.accept);
  if (request.userAgent !== undefined) headers.push("User-Agent", request.userAgent);
  if (request.ifNoneMatch !== undefined) headers.push("If-None-Match", request.ifNoneMatch);
  return {
    info: parseRequestInfo("GET", Buffer.from(request.target, "utf8").toString("latin1")),
    known: readKnownHeaders(headers),
  };
}

export function requestInfo(fields: Partial<RequestInfo>): RequestInfo {
  return { ...parseRequestInfo("GET", "/"), path: "", verb: "", ...fields };
}

export function userNamed(name: string): UserInfo {
  return { name, uid: "", groups: [], extra: new Map() };
}

/** A reply in the recorded form. */
export function recordedReply(reply: Reply, like: RecordedHttp): RecordedHttp {
  const body = Buffer.concat(reply.segments ?? []);
  const headers = Object.fromEntries(
    Object.entries(reply.headers ?? {}).map(([name, value]) => [goHeaderName(name), String(value)]),
  );
  const content =
    like.bodyBase64 === undefined ? { body: body.toString("utf8") } : { bodyBase64: body.toString("base64") };
  return { status: reply.status, headers, ...content };
}

export function goHeaderName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (part) => part.toUpperCase());
}
