/** Where this package takes its time from, so that a test decides when time passes. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds of a clock that nobody sets, from any origin. Default `now()`. */
  readonly elapsed?: () => number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void;
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
