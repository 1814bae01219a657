/** How many requests may run at once. */
import type { Filter } from "./filter.ts";
import { isLongRunning } from "./long-running.ts";
import { nobodyWaits, textError } from "./reply.ts";
import type { Limits } from "./server-options.ts";

const readVerbs: ReadonlySet<string> = new Set(["get", "list", "watch"]);

/**
 * Beyond the limits clients get 429 and come back a second later. `system:masters` is exempt: the aggregator's
 * availability probe is answered while everybody else waits.
 *
 * A request counts until its answer is sent or its connection is gone, so slow readers count too.
 */
export function withInFlightLimits(
  limits: Pick<Limits, "maxRequestsInFlight" | "maxMutatingRequestsInFlight">,
): Filter {
  const reads = new Counter(limits.maxRequestsInFlight);
  const writes = new Counter(limits.maxMutatingRequestsInFlight);
  return (next) => (exchange) => {
    if (isLongRunning(exchange.info)) return next(exchange);
    const counter = readVerbs.has(exchange.info.verb) ? reads : writes;
    if (counter.isFull && !exchange.user.groups.includes("system:masters")) {
      return textError(429, "Too many requests, please try again later.", { "retry-after": "1" });
    }
    // The client left while it was authenticated: running its request would cost without counting.
    if (exchange.isGone) return nobodyWaits;
    counter.enter();
    exchange.onEnd(counter.leave);
    return next(exchange);
  };
}

class Counter {
  readonly #limit: number;
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#limit > 0 && this.#running >= this.#limit;
  }

  enter(): void {
    this.#running++;
  }

  readonly leave = (): void => {
    this.#running--;
  };
}
