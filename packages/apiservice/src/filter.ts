/** Filters: what happens around every request. */
import type { Exchange } from "./exchange.ts";
import type { MaybePromise, Reply } from "./reply.ts";

/** Answers a request. Synchronous when it can be. */
export type Handler = (exchange: Exchange) => MaybePromise<Reply>;

/** Wraps a handler once, at start-up. */
export type Filter = (next: Handler) => Handler;

/** The first filter is the outermost: it sees the request first and the answer last. */
export function chain(filters: readonly Filter[], last: Handler): Handler {
  return filters.reduceRight((next, filter) => filter(next), last);
}
