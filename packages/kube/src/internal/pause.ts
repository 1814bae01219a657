import type { Clock } from "../clock.ts";

/**
 * Waits before the next try, until the time is over or a signal fires. The process lives meanwhile: between two tries nothing else may
 * hold it, and whoever will try again has not given up.
 */
export function pause(clock: Clock, delayMs: number, ends: readonly AbortSignal[]): Promise<void> {
  if (delayMs <= 0 || ends.some((signal) => signal.aborted)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      for (const signal of ends) signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.wait === undefined ? clock.after(delayMs, done) : clock.wait(delayMs, done);
    for (const signal of ends) signal.addEventListener("abort", done);
  });
}
