/** May they: asked for every request, resource or not. Errors never let anything through. */
import { forbiddenError, type Authorizer, type Decision } from "@kubemetrics/authorization";
import type { Exchange } from "./exchange.ts";
import type { Filter, Handler } from "./filter.ts";
import { whenReady, type MaybePromise, type Reply } from "./reply.ts";
import { internalErrorText } from "./request-info-filter.ts";
import type { Log } from "./server-options.ts";
import { errorReply } from "./status-reply.ts";

export function withAuthorization(authorizer: Authorizer, log: Log): Filter {
  return (next) => (exchange) =>
    whenReady(authorizer.authorize({ user: exchange.user, request: exchange.info }), (decision) =>
      decided(decision, exchange, next, log),
    );
}

function decided(decision: Decision, exchange: Exchange, next: Handler, log: Log): MaybePromise<Reply> {
  const { annotations } = exchange;
  if (decision.kind === "allow") {
    annotations["authorization.k8s.io/decision"] = "allow";
    annotations["authorization.k8s.io/reason"] = decision.reason;
    return next(exchange);
  }
  if (decision.error !== undefined) {
    annotations["authorization.k8s.io/reason"] = "internal error";
    const { auditId, info, user } = exchange;
    log.error({ auditId, path: info.path, user: user.name, reason: decision.error }, "authorization failed");
    return internalErrorText(exchange.target, decision.error);
  }
  annotations["authorization.k8s.io/decision"] = "forbid";
  annotations["authorization.k8s.io/reason"] = decision.reason;
  return forbiddenReply(exchange, decision.reason);
}

/** 403 with the sentence that kubectl prints. */
export function forbiddenReply(exchange: Pick<Exchange, "user" | "info" | "known">, reason: string): Reply {
  const error = forbiddenError({ user: exchange.user, request: exchange.info }, reason);
  return errorReply(exchange, error, { headers: { "x-content-type-options": "nosniff" } });
}
