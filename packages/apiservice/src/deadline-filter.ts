/** No request takes longer than the limit: clients and connections are not held by what never ends. */
import { badRequest, goJson, parseDuration, timeout } from "@kubemetrics/apimachinery";
import type { Exchange } from "./exchange.ts";
import type { Filter } from "./filter.ts";
import { isLongRunning } from "./long-running.ts";
import type { Reply } from "./reply.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./server-options.ts";
import { errorReply } from "./status-reply.ts";
import { bareStatus } from "./status-body.ts";

/** `?timeout=` lowers the limit, never raises it. Watches end by their own rule. No timer for synchronous answers. */
export function withDeadline(limitMs: number, clock: Clock, log: Log): Filter {
  const timedOut = timedOutReply();
  return (next) => (exchange) => {
    if (isLongRunning(exchange.info)) return next(exchange);
    let allowedMs = limitMs;
    if (exchange.info.query.has("timeout")) {
      try {
        allowedMs = allowedTime(exchange.info.query, limitMs);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return errorReply(exchange, badRequest(`invalid timeout specified in the request URL - ${why}`));
      }
    }
    const reply = next(exchange);
    if (!(reply instanceof Promise)) return reply;
    return orTimeout(reply, exchange, allowedMs - (clock.now() - exchange.receivedMs), timedOut, clock, log);
  };
}

function allowedTime(query: ReadonlyMap<string, string>, limitMs: number): number {
  const text = query.get("timeout") ?? "";
  if (text === "") return limitMs;
  const askedMs = Number(parseDuration(text)) / 1e6;
  return askedMs > 0 && askedMs < limitMs ? askedMs : limitMs;
}

function orTimeout(
  reply: Promise<Reply>,
  exchange: Exchange,
  remainingMs: number,
  timedOut: Reply,
  clock: Clock,
  log: Log,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  let isLate = false;
  const cancel = clock.after(Math.max(0, remainingMs), () => {
    isLate = true;
    exchange.abort();
    resolve(timedOut);
  });
  reply.then(
    (answer) => {
      cancel();
      resolve(answer);
    },
    (error: unknown) => {
      cancel();
      if (isLate) log.warn({ err: error, auditId: exchange.auditId }, "request failed after its deadline");
      else reject(error as Error);
    },
  );
  return promise;
}

/** Plain text with a Status that lacks its kind, as upstream sends it. */
function timedOutReply(): Reply {
  const { status } = timeout("request did not complete within the allotted timeout");
  return {
    status: 504,
    headers: { "content-type": "text/plain; charset=utf-8", connection: "close" },
    segments: [Buffer.from(`${goJson(bareStatus(status))}\n`)],
  };
}
