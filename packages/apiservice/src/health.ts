/** Health checks behind `/healthz`, `/livez` and `/readyz`. */

export type HealthEndpoint = "healthz" | "livez" | "readyz";

/** A named condition. It is asked on every request, so it answers from memory. */
export interface HealthCheck {
  /** As in the verbose answer and in `/livez/<name>`. May contain slashes. */
  readonly name: string;
  readonly endpoints: readonly HealthEndpoint[];
  /** `undefined` when healthy, else why not: goes to the log, and to clients only on the check's own path. */
  check(): string | undefined;
}
