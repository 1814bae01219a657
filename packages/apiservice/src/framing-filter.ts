/** Refuses requests that somebody in front may have read differently. */
import type { Filter } from "./filter.ts";
import { textError } from "./reply.ts";
import { malformedRequest } from "./request-info-filter.ts";

/** Users with thousands of groups stay below. A line of a few bytes takes ten times its length of memory. */
export const mostHeaderLines = 10_000;
const expectationFailed = textError(417, "the only expectation that can be met is 100-continue", {
  connection: "close",
});
const tooManyLines = textError(431, "the request has too many header lines", { connection: "close" });

/**
 * Node's parser refuses most of them by itself. It lets pass a transfer coding it does not know (and takes it for no
 * body), one in HTTP/1.0 (which Go does not look at), several `Host` lines, HTTP/0.9, and versions of the future. A
 * missing `Host` it would refuse too, and then run what comes behind. Of very many header lines it loses the last.
 */
export function withCertainFraming(): Filter {
  return (next) => (exchange) => {
    const { request, known } = exchange;
    if (request.rawHeaders.length >= 2 * mostHeaderLines) return tooManyLines;
    const { expect, "transfer-encoding": coding } = request.headers;
    if (expect !== undefined && !/(?:^|\W)100-continue(?:$|\W)/i.test(expect)) return expectationFailed;
    const isCertain = coding === undefined || (coding.toLowerCase() === "chunked" && request.httpVersionMinor > 0);
    const hasHost = known.hosts === 1 || (known.hosts === 0 && request.httpVersion === "1.0");
    return isCertain && hasHost && request.httpVersionMajor === 1 ? next(exchange) : malformedRequest;
  };
}
