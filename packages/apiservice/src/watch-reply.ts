/** Watches: events as lines of JSON, until the watch's own end, the client's, or the server's. */
import { goJson, StatusError, statusToJson } from "@kubemetrics/apimachinery";
import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";
import type { WatchEvent } from "./resource.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./server-options.ts";

export interface WatchSettings {
  readonly clock: Clock;
  /** A number in [0, 1): spreads the ends of watches that ask for no time. */
  readonly random: () => number;
  readonly log: Log;
  /** Fires when the server shuts down: watches end first. */
  readonly draining: AbortSignal;
  /** Whether the client is told of an event. */
  readonly sends: (event: WatchEvent) => boolean;
  /** What is shown of an event's object. */
  readonly show: (event: WatchEvent) => object;
}

/** Without `timeoutSeconds`, watches last this long and up to twice as long. */
const shortestSeconds = 1800;

export function watchReply(
  events: AsyncIterable<WatchEvent>,
  timeoutSeconds: number | undefined,
  exchange: Exchange,
  settings: WatchSettings,
): Reply {
  const seconds =
    timeoutSeconds === undefined || timeoutSeconds <= 0 ? shortestSeconds * (1 + settings.random()) : timeoutSeconds;
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    stream: lines(events, seconds * 1000, exchange, settings),
  };
}

async function* lines(
  events: AsyncIterable<WatchEvent>,
  timeoutMs: number,
  exchange: Exchange,
  { clock, log, draining, sends, show }: WatchSettings,
): AsyncGenerator<Uint8Array> {
  const steps = new Steps(events);
  const end = (): void => steps.end();
  const cancel = clock.after(timeoutMs, end);
  exchange.signal.addEventListener("abort", end, { once: true });
  draining.addEventListener("abort", end, { once: true });
  if (draining.aborted || exchange.signal.aborted) end();
  try {
    for (;;) {
      const next = await steps.next();
      if (next === undefined || next.done === true) return;
      if (sends(next.value)) yield line(next.value.type, show(next.value));
    }
  } catch (error) {
    if (!(error instanceof StatusError)) log.error({ err: error, auditId: exchange.auditId }, "watch failed");
    yield line("ERROR", statusToJson(watchFailure(error)));
  } finally {
    cancel();
    draining.removeEventListener("abort", end);
    exchange.abort();
    steps.close();
  }
}

/**
 * An iteration that somebody else may end. `Promise.race` with one promise for the end would keep every step in memory
 * until then.
 */
class Steps<T> {
  readonly #iterator: AsyncIterator<T>;
  #isOver = false;
  #giveUp = (): void => undefined;

  constructor(values: AsyncIterable<T>) {
    this.#iterator = values[Symbol.asyncIterator]();
  }

  /** `undefined` when it was ended meanwhile. */
  next(): Promise<IteratorResult<T> | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<T> | undefined>();
    this.#giveUp = () => resolve(undefined);
    if (this.#isOver) this.#giveUp();
    else this.#iterator.next().then(resolve, reject);
    return promise;
  }

  end(): void {
    this.#isOver = true;
    this.#giveUp();
  }

  /** Lets the iteration clean up, whenever it comes to that. */
  close(): void {
    void this.#iterator.return?.(undefined)?.catch(() => undefined);
  }
}

function watchFailure(error: unknown): StatusError["status"] {
  if (error instanceof StatusError) return error.status;
  return { status: "Failure", message: "the watch failed; see the server's log", reason: "InternalError", code: 500 };
}

function line(type: WatchEvent["type"], object: object): Uint8Array {
  return Buffer.from(`${goJson({ type, object })}\n`);
}
