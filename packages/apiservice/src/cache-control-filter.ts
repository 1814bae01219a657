/** Answers depend on who asks: no cache may keep them, unless an answer says otherwise. */
import type { Filter } from "./filter.ts";

export function withCacheControl(): Filter {
  return (next) => (exchange) => {
    exchange.headers["cache-control"] = "no-cache, private";
    return next(exchange);
  };
}
