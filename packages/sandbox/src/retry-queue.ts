/** Work by name, one at a time each: at once when asked, again after a while, sooner after a failure (doubling up to a limit). */
export interface RetryQueueOptions {
  /** Does the work. `gone`: never again until asked. */
  readonly work: (name: string) => Promise<"done" | "gone" | "retry">;
  readonly repeatMs: number;
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
}

interface Entry {
  timer: NodeJS.Timeout | undefined;
  failures: number;
  isRunning: boolean;
  /** Asked for while running: the run that goes on may have read old state. */
  isDirty: boolean;
}

export class RetryQueue {
  readonly #options: RetryQueueOptions;
  readonly #entries = new Map<string, Entry>();
  #isClosed = false;

  constructor(options: RetryQueueOptions) {
    this.#options = options;
  }

  /** Asks for work on a name now. */
  add(name: string): void {
    if (this.#isClosed) return;
    const entry = this.#entries.get(name) ?? { timer: undefined, failures: 0, isRunning: false, isDirty: false };
    this.#entries.set(name, entry);
    if (entry.isRunning) entry.isDirty = true;
    else this.#schedule(name, entry, 0);
  }

  close(): void {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
    this.#entries.clear();
  }

  #schedule(name: string, entry: Entry, delayMs: number): void {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => void this.#run(name, entry), delayMs);
    entry.timer.unref();
  }

  async #run(name: string, entry: Entry): Promise<void> {
    entry.isRunning = true;
    entry.isDirty = false;
    const result = await this.#options.work(name).catch(() => "retry" as const);
    entry.isRunning = false;
    if (this.#isClosed) return;
    if (result !== "retry") entry.failures = 0;
    if (entry.isDirty) return this.#schedule(name, entry, 0);
    if (result === "gone") {
      this.#entries.delete(name);
      return;
    }
    const { repeatMs, firstRetryMs, lastRetryMs } = this.#options;
    const delayMs = result === "retry" ? Math.min(firstRetryMs * 2 ** entry.failures++, lastRetryMs) : repeatMs;
    this.#schedule(name, entry, delayMs);
  }
}
