import type { Clock } from "../clock.ts";

/** An abort signal that fires by the injected clock, and with a parent. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #parent: AbortSignal | undefined;
  #cancel: (() => void) | undefined;
  readonly #onParent = (): void => this.abort(this.#parent?.reason);

  constructor(clock: Clock, parent: AbortSignal | undefined) {
    this.#clock = clock;
    this.#parent = parent;
    if (parent?.aborted) this.#onParent();
    else parent?.addEventListener("abort", this.#onParent, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the time over. `reason` is made only when it runs out. */
  restart(afterMs: number, reason: () => Error): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(afterMs, () => this.abort(reason()));
  }

  /** Waits for something that knows nothing of this deadline, and is left to itself when it takes longer. @throws what the signal says */
  async race<T>(promise: Promise<T>): Promise<T> {
    const over = Promise.withResolvers<never>();
    const onAbort = (): void => over.reject(this.signal.reason);
    if (this.signal.aborted) onAbort();
    else this.signal.addEventListener("abort", onAbort);
    try {
      return await Promise.race([promise, over.promise]);
    } finally {
      this.signal.removeEventListener("abort", onAbort);
    }
  }

  abort(reason: unknown): void {
    this.end();
    this.#controller.abort(reason);
  }

  /** Nothing fires any more. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#parent?.removeEventListener("abort", this.#onParent);
  }
}
