/** Refuses requests that somebody in front may have read differently. */
import type { Filter } from "./filter.ts";
import { malformedRequest } from "./request-info-filter.ts";

/**
 * Node's parser refuses most of them by itself. It lets pass a transfer coding it does not know (and takes it for no
 * body), several `Host` lines, HTTP/0.9, and versions of the future. A missing `Host` it would refuse too, and then run
 * what comes behind.
 */
export function withCertainFraming(): Filter {
  return (next) => (exchange) => {
    const { request, known } = exchange;
    const coding = request.headers["transfer-encoding"];
    const isCertain = coding === undefined || coding.toLowerCase() === "chunked";
    const hasHost = known.hosts === 1 || (known.hosts === 0 && request.httpVersion === "1.0");
    return isCertain && hasHost && request.httpVersionMajor === 1 ? next(exchange) : malformedRequest;
  };
}
