import { systemClock, type Clock } from "@kubemetrics/apiservice";

/** Two readings of time: what people call the time, which somebody may set, and what passes. */
export interface AppClock extends Clock {
  /** Milliseconds of a clock that nobody sets: for ages and for noticing what hangs. Default `now()`. */
  readonly elapsed?: () => number;
}

export const machineClock: AppClock = { ...systemClock, elapsed: () => performance.now() };

/** What ages are measured with. */
export function elapsedOf(clock: AppClock): () => number {
  return clock.elapsed ?? ((): number => clock.now());
}
