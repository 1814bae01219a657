/**
 * Where this package takes its time from. Every wait, deadline and jittered restart goes through it, so a test decides when time passes.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a clock that nobody sets, from any origin. Default `now()`. */
  readonly elapsed?: () => number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void;
  /** As `after`, and the process lives until then: for work that will be tried again. Default `after`. */
  wait?(delayMs: number, callback: () => void): () => void;
}

/** Node ends a longer timer at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's clock. What is pending in `after` does not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (delayMs, callback) => startTimer(delayMs, callback, (timer) => timer.unref()),
  wait: (delayMs, callback) => startTimer(delayMs, callback, (timer) => timer),
};

function startTimer(
  delayMs: number,
  callback: () => void,
  adjusted: (timer: NodeJS.Timeout) => NodeJS.Timeout,
): () => void {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const next = leftMs > longestTimerMs ? () => wait(leftMs - longestTimerMs) : callback;
    timer = adjusted(setTimeout(next, Math.min(leftMs, longestTimerMs)));
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}
