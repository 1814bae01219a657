/** Writing answers the way API servers write them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  badRequest,
  requestEntityTooLarge,
  statusFor,
  unsupportedMediaType,
  type Status,
} from "@kubemetrics/apimachinery";
import { isObject } from "./json-path.ts";
import type { Json, JsonObject } from "./kube-object.ts";
import { parseProtobufObject, protobufMediaType } from "./protobuf-body.ts";

const bodyLimitBytes = 3 * 1024 * 1024;

export function sendJson(
  response: ServerResponse,
  code: number,
  body: Json | string,
  contentType = "application/json",
): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const bytes = Buffer.from(text.endsWith("\n") ? text : `${text}\n`);
  response.writeHead(code, {
    "Cache-Control": "no-cache, private",
    "Content-Type": contentType,
    "Content-Length": bytes.length,
  });
  response.end(bytes);
}

/** Text as Go's `http.Error` sends it, with a final newline. */
export function sendText(response: ServerResponse, code: number, text: string): void {
  const bytes = Buffer.from(`${text}\n`);
  response.writeHead(code, {
    "Cache-Control": "no-cache, private",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": bytes.length,
    "X-Content-Type-Options": "nosniff",
  });
  response.end(bytes);
}

/** Answers anything thrown: a StatusError as it is, everything else as 500. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = statusFor(error);
  const retryAfterSeconds = status.details?.retryAfterSeconds ?? 0;
  if (retryAfterSeconds > 0) response.setHeader("Retry-After", String(retryAfterSeconds));
  sendJson(response, status.code ?? 500, statusBody(status));
}

/** A Status with its type; empty fields of the details are left out, as Go does, the details themselves are not. */
export function statusBody(status: Status): JsonObject {
  const { message, reason, code } = status;
  const details = Object.entries(status.details ?? {}).filter(([, value]) => value !== "" && value !== 0);
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: status.status ?? "Failure",
    ...(message !== undefined && message !== "" && { message }),
    ...(reason !== undefined && reason !== "" && { reason }),
    ...(status.details !== undefined && { details: Object.fromEntries(details) as JsonObject }),
    ...(code !== undefined && { code }),
  };
}

/** @throws StatusError 413 above 3 MiB */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyLimitBytes) throw requestEntityTooLarge(`limit is ${bodyLimitBytes}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The object a client sent. @throws StatusError 400 when the bytes are no object, 415 for media types that are not read */
export function parseObject(bytes: Buffer, contentType: string): JsonObject {
  const mediaType = contentType.split(";", 1)[0]?.trim() ?? "";
  if (mediaType === protobufMediaType) return parseProtobufObject(bytes);
  if (mediaType !== "" && mediaType !== "application/json")
    throw unsupportedMediaType(["application/json", protobufMediaType]);
  const value = parseJson(bytes);
  if (!isObject(value)) throw badRequest("the object provided is unrecognized (must be of type object)");
  return value;
}

/** @throws StatusError 400 */
export function parseJson(bytes: Buffer): Json {
  try {
    return JSON.parse(bytes.toString("utf8")) as Json;
  } catch (error) {
    throw badRequest(`the body of the request is not JSON: ${(error as Error).message}`);
  }
}
