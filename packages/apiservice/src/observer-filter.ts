/** Tells somebody about every answer: the place for request metrics and access logs. */
import type { RequestInfo } from "@kubemetrics/authorization";
import type { Exchange } from "./exchange.ts";
import type { Filter } from "./filter.ts";
import type { Reply } from "./reply.ts";
import type { Clock } from "./clock.ts";

export interface ObservedRequest {
  readonly auditId: string;
  readonly method: string;
  readonly info: RequestInfo;
  /** `""` when the request was answered before it was authenticated. */
  readonly userName: string;
  readonly status: number;
  /** Until the answer was ready to be sent. */
  readonly durationMs: number;
  readonly responseBytes: number;
}

export type RequestObserver = (request: ObservedRequest) => void;

export function withObserver(observe: RequestObserver, clock: Clock): Filter {
  const tell = (exchange: Exchange, reply: Reply): Reply => {
    const { auditId, method, info, user, receivedMs } = exchange;
    let responseBytes = 0;
    for (const segment of reply.segments ?? []) responseBytes += segment.length;
    const durationMs = clock.now() - receivedMs;
    observe({ auditId, method, info, userName: user.name, status: reply.status, durationMs, responseBytes });
    return reply;
  };
  return (next) => (exchange) => {
    const reply = next(exchange);
    return reply instanceof Promise ? reply.then((ready) => tell(exchange, ready)) : tell(exchange, reply);
  };
}
