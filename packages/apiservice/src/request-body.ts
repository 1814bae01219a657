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

/**
 * Into one buffer that grows. Chunks as they arrive must not be kept: in a body of one-byte chunks each costs hundreds
 * of bytes.
 */
function collect({ request, response, signal }: Exchange, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  // Behind another answer there is no invitation: the client sends its body after a while, or not at all.
  if (request.headers.expect !== undefined && response.socket !== null) response.writeContinue();
  let body = Buffer.allocUnsafe(Math.min(firstSize, maxBytes));
  let length = 0;
  const gone = (): void => reject(badRequest("the request body ended early"));
  request.on("data", (chunk: Buffer) => {
    if (length + chunk.length > maxBytes) {
      request.pause();
      reject(tooLarge(maxBytes));
      return;
    }
    if (length + chunk.length > body.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(2 * body.length, length + chunk.length)));
      body.copy(larger, 0, 0, length);
      body = larger;
    }
    length += chunk.copy(body, length);
  });
  request.once("end", () => resolve(body.subarray(0, length)));
  request.once("error", gone);
  signal.addEventListener("abort", gone, { once: true });
  return promise;
}

const firstSize = 16 * 1024;

function tooLarge(maxBytes: number): Error {
  return requestEntityTooLarge(`limit is ${maxBytes}`);
}
