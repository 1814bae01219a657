/** Names each request, so that logs of the aggregator, this server and its clients can be joined. */
import type { Filter } from "./filter.ts";

/** Longer ones are cut; anything but visible ASCII is dropped, because the value goes into logs and headers. */
const longestId = 64;

/** The client's `Audit-ID` when it sends one (kube-aggregator does), else a new one; echoed in every answer. */
export function withAuditId(newId: () => string): Filter {
  return (next) => (exchange) => {
    const given = exchange.known.auditId;
    const id = given === "" ? newId() : given.replace(/[^\x21-\x7e]/g, "").slice(0, longestId);
    exchange.auditId = id;
    exchange.headers["audit-id"] = id;
    return next(exchange);
  };
}
