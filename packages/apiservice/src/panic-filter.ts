/** A request that throws gets 500; the process and the other requests live on. */
import type { Exchange } from "./exchange.ts";
import type { Filter } from "./filter.ts";
import { textError, type Reply } from "./reply.ts";
import type { Log } from "./server-options.ts";

/** The error goes to the log; the client learns nothing about it. */
export function withPanicRecovery(log: Log): Filter {
  const panicked = (exchange: Exchange, error: unknown): Reply => {
    const { method, target, auditId } = exchange;
    log.error({ err: error, method, target, auditId }, "request handler threw");
    return textError(500, "This request caused apiserver to panic. Look in the logs for details.");
  };
  return (next) => (exchange) => {
    try {
      const reply = next(exchange);
      return reply instanceof Promise ? reply.catch((error: unknown) => panicked(exchange, error)) : reply;
    } catch (error) {
      return panicked(exchange, error);
    }
  };
}
