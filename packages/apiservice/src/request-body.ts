/** Reads what a client sends, up to a limit. */
import { badRequest, requestEntityTooLarge, unsupportedMediaType } from "@kubemetrics/apimachinery";
import type { Exchange } from "./exchange.ts";
import { parseBoundedJson } from "./json-limits.ts";
import type { MaybePromise } from "./reply.ts";
import type { RequestBody } from "./resource.ts";

/**
 * The decoded body; `undefined` when there is none.
 *
 * @param accepted - media types that may be sent; the first is assumed when the client names none
 * @throws StatusError 413 beyond `maxBytes`, 415 for another type, 400 for what is not JSON
 */
export function readBody(
  exchange: Exchange,
  accepted: readonly string[],
  maxBytes: number,
): MaybePromise<RequestBody | undefined> {
  const { request } = exchange;
  if (request.headers["content-length"] === undefined && request.headers["transfer-encoding"] === undefined) {
    return undefined;
  }
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const [assumed = ""] = accepted;
  const given = (exchange.known.contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
  const mediaType = given === "" ? assumed : given;
  return collect(exchange, maxBytes).then((bytes) => {
    if (bytes.length === 0) return undefined;
    if (mediaType === "" || !accepted.includes(mediaType)) {
      throw unsupportedMediaType(accepted.filter((type) => type !== ""));
    }
    exchange.requestObject = parseBoundedJson(bytes);
    return { mediaType, value: exchange.requestObject };
  });
}

function collect({ request, signal }: Exchange, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const gone = (): void => reject(badRequest("the request body ended early"));
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maxBytes) {
      chunks.push(chunk);
    } else {
      request.pause();
      reject(tooLarge(maxBytes));
    }
  });
  request.once("end", () => resolve(Buffer.concat(chunks, length)));
  request.once("error", gone);
  signal.addEventListener("abort", gone, { once: true });
  return promise;
}

function tooLarge(maxBytes: number): Error {
  return requestEntityTooLarge(`limit is ${maxBytes}`);
}
