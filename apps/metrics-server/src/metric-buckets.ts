/** Upper bounds of the histograms, in seconds: upstream's. */

export const defaultBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The default ones and some around the resolution, where it matters whether a cycle fits into its period. */
export function tickBuckets(resolutionSeconds: number): readonly number[] {
  const last = defaultBuckets.at(-1) ?? 0;
  if (resolutionSeconds > last) {
    const halfWay = last + (resolutionSeconds - last) / 2;
    return [...defaultBuckets, halfWay, resolutionSeconds, 1.5 * resolutionSeconds, 2 * resolutionSeconds];
  }
  if (defaultBuckets.some((bound) => Math.abs(bound - resolutionSeconds) < 0.005)) return defaultBuckets;
  return [...defaultBuckets, resolutionSeconds].sort((a, b) => a - b);
}

/** Twenty, each 1.364 times the one before: from a second to six minutes. */
export const freshnessBuckets: readonly number[] = exponential(1, 1.364, 20);

function exponential(start: number, factor: number, count: number): number[] {
  const bounds: number[] = [];
  for (let bound = start; bounds.length < count; bound *= factor) bounds.push(bound);
  return bounds;
}
