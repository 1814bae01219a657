/** Keeps a log readable while the same thing happens thousands of times. */
import { elapsedMs, type Clock } from "./clock.ts";

export class SparseLog {
  readonly #clock: Clock;
  readonly #write: (fields: object, message: string) => void;
  readonly #everyMs: number;
  #quietUntilMs = -Infinity;
  #suppressed = 0;

  /** @param everyMs - one line in this time */
  constructor(clock: Clock, write: (fields: object, message: string) => void, everyMs = 1_000) {
    this.#clock = clock;
    this.#write = write;
    this.#everyMs = everyMs;
  }

  /** The next line that is written says how many were not. */
  line(fields: object, message: string): void {
    const now = elapsedMs(this.#clock);
    if (now < this.#quietUntilMs) {
      this.#suppressed++;
      return;
    }
    this.#quietUntilMs = now + this.#everyMs;
    this.#write(this.#suppressed === 0 ? fields : { ...fields, suppressed: this.#suppressed }, message);
    this.#suppressed = 0;
  }
}
