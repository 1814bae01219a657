/** Records requests as the policy wants them. */
import { goJson } from "@kubemetrics/apimachinery";
import { auditEvent, type AuditOutcome } from "./audit-event.ts";
import { auditChoice, type AuditChoice, type AuditPolicy, type AuditStage } from "./audit-policy.ts";
import type { Clock } from "./clock.ts";
import type { Exchange } from "./exchange.ts";
import type { Filter } from "./filter.ts";
import type { Reply } from "./reply.ts";

/** Takes one event as a line of JSON, without newline. Must not throw and must not wait. */
export interface AuditSink {
  write(line: string): void;
}

export interface AuditOptions {
  readonly policy: AuditPolicy;
  readonly sink: AuditSink;
}

/** Stands inside authentication: rules are about users. Refused credentials are recorded by {@link recordRefusal}. */
export function withAuditLog(options: AuditOptions, clock: Clock): Filter {
  return (next) => (exchange) => {
    const choice = auditChoice(options.policy, exchange.user, exchange.info);
    if (choice.level === "None") return next(exchange);
    const record = (stage: AuditStage, outcome?: AuditOutcome): void =>
      write(options.sink, exchange, choice, stage, clock.now(), outcome);
    record("RequestReceived");
    const done = (reply: Reply): Reply => {
      const outcome = outcomeOf(reply, choice);
      if (reply.stream === undefined) {
        record("ResponseComplete", outcome);
      } else {
        record("ResponseStarted", outcome);
        exchange.onEnd(() => record("ResponseComplete", outcome));
      }
      return reply;
    };
    const failed = (error: unknown): never => {
      record("Panic", { code: 500 });
      throw error;
    };
    try {
      const reply = next(exchange);
      return reply instanceof Promise ? reply.then(done, failed) : done(reply);
    } catch (error) {
      return failed(error);
    }
  };
}

/** A 401: the user is unknown, so only rules for everybody match. */
export function recordRefusal(options: AuditOptions, clock: Clock, exchange: Exchange, reason: string): void {
  const choice = auditChoice(options.policy, exchange.user, exchange.info);
  if (choice.level === "None") return;
  const message = `Authentication failed: ${reason}`;
  const status = { status: "Failure", message, reason: "Unauthorized" } as const;
  write(options.sink, exchange, choice, "ResponseStarted", clock.now(), { code: 401, status });
}

function write(
  sink: AuditSink,
  exchange: Exchange,
  choice: AuditChoice,
  stage: AuditStage,
  nowMs: number,
  outcome: AuditOutcome | undefined,
): void {
  if (choice.omitStages.includes(stage)) return;
  sink.write(goJson(auditEvent(exchange, choice.level, stage, nowMs, outcome)));
}

function outcomeOf(reply: Reply, { level }: AuditChoice): AuditOutcome {
  const outcome = { code: reply.status, ...(reply.outcome === undefined ? {} : { status: reply.outcome }) };
  return level === "RequestResponse" ? { ...outcome, responseObject: jsonOf(reply) } : outcome;
}

/** Only JSON answers can be shown; compressed and binary ones are left out. */
function jsonOf({ headers, segments }: Reply): unknown {
  if (segments === undefined || headers?.["content-encoding"] !== undefined) return undefined;
  if (headers?.["content-type"] !== "application/json") return undefined;
  try {
    return JSON.parse(Buffer.concat(segments).toString("utf8"));
  } catch {
    return undefined;
  }
}
