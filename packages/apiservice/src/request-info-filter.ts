/** Reads the request line once. Authorization, dispatch, audit and limits use the result and nothing else. */
import { goQuote } from "@kubemetrics/apimachinery";
import { parseRequestInfo, TargetIncomplete, TargetMalformed, withoutMarkup } from "@kubemetrics/authorization";
import type { Filter } from "./filter.ts";
import { textError, type Reply } from "./reply.ts";

export function withRequestInfo(): Filter {
  return (next) => (exchange) => {
    try {
      exchange.info = parseRequestInfo(exchange.method, exchange.target);
    } catch (error) {
      if (error instanceof TargetMalformed) return malformedRequest;
      if (error instanceof TargetIncomplete) {
        return internalErrorText(exchange.target, `failed to create RequestInfo: ${(error as Error).message}`);
      }
      throw error;
    }
    return exchange.info.path.length > longestPath ? pathTooLong : next(exchange);
  };
}

/** In characters. Names are 253 at most; a longer path only comes back, escaped to many times its length, in errors. */
const longestPath = 8192;
const pathTooLong = textError(414, "the path of the request is too long", { connection: "close" });

/** What Go's HTTP server says before any handler runs. */
export const malformedRequest: Reply = {
  status: 400,
  headers: { "content-type": "text/plain; charset=utf-8", connection: "close" },
  segments: [Buffer.from("400 Bad Request")],
};

/** 500 in plain text: `Internal Server Error: "/path": why`. Nobody decided, so nobody may guess. */
export function internalErrorText(target: string, error: string): Reply {
  const text = Buffer.from(target, "latin1").toString("utf8");
  return textError(500, withoutMarkup(`Internal Server Error: ${goQuote(text)}: ${error}`));
}
