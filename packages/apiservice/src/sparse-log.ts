/** Keeps a log readable while the same thing happens thousands of times. */
import type { Clock } from "./clock.ts";

/** One line in this time. */
const everyMs = 1_000;

export class SparseLog {
  readonly #clock: Clock;
  readonly #write: (fields: object, message: string) => void;
  #quietUntilMs = -Infinity;
  #suppressed = 0;

  constructor(clock: Clock, write: (fields: object, message: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** The next line that is written says how many were not. */
  line(fields: object, message: string): void {
    const now = this.#clock.now();
    if (now < this.#quietUntilMs) {
      this.#suppressed++;
      return;
    }
    this.#quietUntilMs = now + everyMs;
    this.#write(this.#suppressed === 0 ? fields : { ...fields, suppressed: this.#suppressed }, message);
    this.#suppressed = 0;
  }
}
