import type { Clock } from "@kubemetrics/apiservice";

/** What ages are measured with, and what hangs is noticed with: not with the time that somebody may set. */
export function elapsedOf(clock: Clock): () => number {
  return () => clock.elapsed?.() ?? clock.now();
}
