/** Buckets of duration histograms, in seconds. */

/** The default of the Prometheus client library for Go. */
export const defaultBounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The default buckets and some around the period, so that scrapes that take about as long as it are told apart.
 *
 * @see metrics-server `pkg/utils/monitoring.go` (BucketsForScrapeDuration)
 */
export function tickBounds(periodMs: number): readonly number[] {
  const period = periodMs / 1000;
  const largest = defaultBounds.at(-1) as number;
  if (period > largest) return [...defaultBounds, largest + (period - largest) / 2, period, period * 1.5, period * 2];
  const smallest = defaultBounds[0] as number;
  if (defaultBounds.some((bound) => Math.abs(bound - period) < smallest)) return defaultBounds;
  return [...defaultBounds, period].toSorted((a, b) => a - b);
}
