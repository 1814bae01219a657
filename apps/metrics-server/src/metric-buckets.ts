/** Upper bounds of histograms, in seconds: upstream's. */

export const durationBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Twenty, each 1.364 times the one before: from a second to six minutes. */
export const freshnessBuckets: readonly number[] = exponential(1, 1.364, 20);

function exponential(start: number, factor: number, count: number): number[] {
  const bounds: number[] = [];
  for (let bound = start; bounds.length < count; bound *= factor) bounds.push(bound);
  return bounds;
}
