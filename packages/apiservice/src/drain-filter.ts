/** While the server is on its way out, clients are asked to open their next connection elsewhere. */
import type { Filter } from "./filter.ts";

/** A pooled connection that ends by agreement fails no request; one that is cut may. */
export function withConnectionClose(isDraining: () => boolean): Filter {
  return (next) => (exchange) => {
    if (isDraining()) exchange.headers["connection"] = "close";
    return next(exchange);
  };
}
