/** Time that passes only when a test says so. */
import type { Clock } from "../../src/index.ts";

interface Wait {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #waits = new Set<Wait>();

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const wait = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  /** Waits that have not come yet. */
  get pending(): number {
    return this.#waits.size;
  }

  /** Lets time pass; callbacks run in order, each with the promises that hang on it. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settled();
    for (;;) {
      const due = [...this.#waits].filter((wait) => wait.atMs <= untilMs);
      const next = due.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (next === undefined) break;
      this.#waits.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  /** The wall clock is set; waits go on as before. */
  step(byMs: number): void {
    this.#nowMs += byMs;
    const waits = [...this.#waits];
    this.#waits.clear();
    for (const wait of waits) this.#waits.add({ ...wait, atMs: wait.atMs + byMs });
  }
}

/** Lets everything that waits only for promises go on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
