/** May they: asked for every request, resource or not. Errors never let anything through. */
import { forbiddenError, type Authorizer, type Decision } from "@kubemetrics/authorization";
import type { Clock } from "./clock.ts";
import type { Exchange } from "./exchange.ts";
import type { Filter, Handler } from "./filter.ts";
import { nobodyWaits, whenReady, type MaybePromise, type Reply } from "./reply.ts";
import { internalErrorText } from "./request-info-filter.ts";
import type { Log } from "./server-options.ts";
import { SparseLog } from "./sparse-log.ts";
import { errorReply } from "./status-reply.ts";

export function withAuthorization(authorizer: Authorizer, clock: Clock, log: Log): Filter {
  const failures = new SparseLog(clock, (fields, message) => log.error(fields, message));
  return (next) => (exchange) =>
    whenReady(authorizer.authorize({ user: exchange.user, request: exchange.info }), (decision) =>
      decided(decision, exchange, next, failures),
    );
}

function decided(decision: Decision, exchange: Exchange, next: Handler, failures: SparseLog): MaybePromise<Reply> {
  exchange.decision = decision;
  if (decision.kind === "allow") return exchange.isOver ? nobodyWaits : next(exchange);
  if (decision.error === undefined) return forbiddenReply(exchange, decision.reason);
  const { auditId, info, user } = exchange;
  failures.line({ auditId, path: info.path, user: user.name, reason: decision.error }, "authorization failed");
  return internalErrorText(exchange.target, decision.error);
}

/** 403 with the sentence that kubectl prints. */
export function forbiddenReply(exchange: Pick<Exchange, "user" | "info" | "known">, reason: string): Reply {
  const error = forbiddenError({ user: exchange.user, request: exchange.info }, reason);
  return errorReply(exchange, error, { headers: { "x-content-type-options": "nosniff" } });
}
