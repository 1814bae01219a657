/** Refuses requests whose end is not certain: proxies in front may see another one there. */
import type { Filter } from "./filter.ts";
import { malformedRequest } from "./request-info-filter.ts";

/** Node's parser refuses the other shapes by itself; a transfer coding it does not know it takes for no body. */
export function withCertainFraming(): Filter {
  return (next) => (exchange) => {
    const coding = exchange.request.headers["transfer-encoding"];
    return coding === undefined || coding.toLowerCase() === "chunked" ? next(exchange) : malformedRequest;
  };
}
