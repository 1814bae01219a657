import type { Clock, HealthCheck } from "@kubemetrics/apiservice";
import { repeat } from "./text-files.ts";

/** When the checks of `/readyz` are good for the first time. */
export function readiness(
  checks: readonly HealthCheck[],
  clock: Clock,
): { readonly reached: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const own = checks.filter((check) => check.endpoints.includes("readyz"));
  const stop = repeat(clock, 50, () => {
    if (own.some((check) => check.check() !== undefined)) return;
    stop();
    resolve();
  });
  return { reached: promise, stop };
}
