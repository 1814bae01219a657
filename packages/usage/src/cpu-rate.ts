/**
 * Turns two readings of a cumulative CPU counter into the average rate between them.
 *
 * Returns NaN when no honest rate exists: the counter went down (the container restarted), or time did not advance.
 * The caller then keeps the value it has.
 *
 * Computed in float64, as Go does; exact integer division differs in the last digit.
 *
 * @param previousCpuNs - CPU time used at the start of the window, in nanoseconds
 * @param latestCpuNs - CPU time used at its end
 * @param windowNs - length of the window in nanoseconds
 * @returns nanocores (1e-9 CPU seconds per second), truncated
 * @see metrics-server `pkg/storage/types.go` (resourceUsage)
 */
export function cpuRate(previousCpuNs: number, latestCpuNs: number, windowNs: number): number {
  if (!(windowNs > 0) || !(latestCpuNs >= previousCpuNs)) return Number.NaN;
  const belowSecond = windowNs % 1e9;
  const seconds = (windowNs - belowSecond) / 1e9 + belowSecond / 1e9;
  return Math.trunc((latestCpuNs - previousCpuNs) / seconds);
}
