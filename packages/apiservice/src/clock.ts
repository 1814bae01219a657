/** Where the framework takes its time from. */

/** Time, so that tests need none. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a clock that nobody sets, from any origin. Default `now()`. */
  readonly elapsed?: () => number;
  /** Calls `callback` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Milliseconds from any origin, for durations and ages, which must not change when somebody sets the clock: `elapsed`, else `now`. */
export function elapsedMs(clock: Clock): number {
  return clock.elapsed?.() ?? clock.now();
}

/** Node ends a longer timer at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's clock. Pending waits do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const next = leftMs > longestTimerMs ? () => wait(leftMs - longestTimerMs) : callback;
      timer = setTimeout(next, Math.min(leftMs, longestTimerMs)).unref();
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
