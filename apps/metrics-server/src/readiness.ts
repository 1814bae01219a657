import type { Clock, HealthCheck } from "@kubemetrics/apiservice";

const quickMs = 50;
const quickLooks = 200;
const slowMs = 1_000;

/** When the checks of `/readyz` are good for the first time. */
export function readiness(
  checks: readonly HealthCheck[],
  clock: Clock,
): { readonly reached: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const own = checks.filter((check) => check.endpoints.includes("readyz"));
  const isReady = (): boolean => own.every((check) => check.check() === undefined);
  let stop = (): void => undefined;
  // Often at first, as starting takes a second or two; what is missing after that may be missing for days.
  const look = (looks: number): void => {
    stop = clock.after(looks < quickLooks ? quickMs : slowMs, () => (isReady() ? resolve() : look(looks + 1)));
  };
  look(0);
  return { reached: promise, stop: () => stop() };
}
