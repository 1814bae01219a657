import type { Clock } from "./clock.ts";

export interface ReviewOptions {
  /** For one try. Default 10 s. */
  readonly timeoutMs?: number;
  /** For all tries and the waits between them: no wait starts that would end later. Default 30 s. */
  readonly budgetMs?: number;
  /** Tries in all, after connection errors, 500, 504, 429 and Retry-After. Waits: 500 ms, ×1.5, up to 20 % more. Default 5. */
  readonly tries?: number;
  readonly clock?: Clock;
  /** 0 ≤ number < 1. */
  readonly random?: () => number;
}
