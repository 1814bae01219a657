/** Who asks: decided per request, from the connection's certificates and the raw header lines alone. */
import { unauthorized } from "@kubemetrics/apimachinery";
import type { AuthenticationResult, Authenticator } from "@kubemetrics/authentication";
import type { Clock } from "./clock.ts";
import type { Exchange } from "./exchange.ts";
import type { Filter, Handler } from "./filter.ts";
import { whenReady, type MaybePromise, type Reply } from "./reply.ts";
import type { Log } from "./server-options.ts";
import { SparseLog } from "./sparse-log.ts";
import { errorReply } from "./status-reply.ts";

/** Handlers never see credentials or identity headers: only what the authenticator leaves. */
export function withAuthentication(
  authenticator: Authenticator,
  clock: Clock,
  log: Log,
  onRefused: ((exchange: Exchange, reason: string) => void) | undefined,
): Filter {
  const refusals = new SparseLog(clock, (fields, message) => log.warn(fields, message));
  return (next) => (exchange) =>
    whenReady(
      authenticator.authenticate({ peerChain: exchange.connection.peerChain, rawHeaders: exchange.request.rawHeaders }),
      (result) => {
        if (result.kind === "refused") onRefused?.(exchange, result.reason);
        return decided(result, exchange, next, refusals);
      },
    );
}

function decided(
  result: AuthenticationResult,
  exchange: Exchange,
  next: Handler,
  refusals: SparseLog,
): MaybePromise<Reply> {
  for (const warning of result.warnings ?? []) exchange.warn(warning);
  if (result.kind === "authenticated") {
    exchange.user = result.user;
    exchange.visibleHeaders = result.headers;
    return next(exchange);
  }
  const { auditId, method, info } = exchange;
  refusals.line({ auditId, method, path: info.path, reason: result.reason }, "request refused: not authenticated");
  return errorReply(exchange, unauthorized("Unauthorized"));
}
