/** Leaving without failing requests. */
import { elapsedMs, type Clock } from "./clock.ts";

/** What is drained. */
export interface Drainable {
  /** Accepts no more connections; resolves when the last one is gone. */
  stop(): Promise<void>;
  /** Closes connections that nobody waits on; unless it is late, those on which a request may be on its way are kept. */
  closeIdle(isLate: boolean): void;
  closeAll(): void;
}

/** How often connections that became idle are looked for. */
const sweepMs = 50;

/**
 * How long a request is waited for that has come in part, or on a connection that is new.
 *
 * @see Go's net/http `Server.Shutdown`, which gives new connections as much
 */
const arrivalMs = 5_000;

/**
 * First phase: `isDraining`, so that `/readyz` fails and answers ask for new connections, for `delayMs` while load
 * balancers notice. Then nothing new is accepted and running requests end, for `drainMs` at most. Then the rest is cut.
 *
 * Closing again only shortens: the second call's times count from then on.
 */
export class ConnectionDrain {
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #isDraining = false;
  #stopped: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Fires when nothing new is accepted any more: watches end. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  async close(target: Drainable, delayMs: number, drainMs: number): Promise<void> {
    this.#isDraining = true;
    if (delayMs > 0 && this.#stopped === undefined) await this.#wait(delayMs);
    this.#stopping.abort();
    this.#stopped ??= target.stop();
    const startMs = elapsedMs(this.#clock);
    let isOver = false;
    const sweep = (): void => {
      if (isOver) return;
      target.closeIdle(elapsedMs(this.#clock) - startMs >= arrivalMs);
      this.#clock.after(sweepMs, sweep);
    };
    sweep();
    const cancel = this.#clock.after(drainMs, () => target.closeAll());
    await this.#stopped;
    isOver = true;
    cancel();
  }

  #wait(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#clock.after(delayMs, resolve);
    return promise;
  }
}
