/** Requests to act as somebody else are refused: ignoring the wish would run them as the more powerful user. */
import type { Filter } from "./filter.ts";
import { statusReply } from "./status-reply.ts";

const message =
  "impersonation is not supported by this API server; send the request through kube-apiserver, or without Impersonate-* headers";

/** Through the aggregator these headers never arrive: kube-apiserver has consumed them. */
export function withoutImpersonation(): Filter {
  return (next) => (exchange) => {
    if (!exchange.known.impersonates) return next(exchange);
    return statusReply(exchange, { status: "Failure", message, reason: "Forbidden", code: 403 });
  };
}
