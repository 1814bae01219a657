import type { HealthCheck } from "@kubemetrics/apiservice";
import type { ClusterObjects } from "@kubemetrics/kube";
import type { ScrapeSchedule } from "@kubemetrics/kubelet";
import type { UsageStore } from "@kubemetrics/usage";
import { notSyncedYet } from "./not-synced.ts";

export interface HealthParts {
  readonly objects: ClusterObjects;
  readonly schedule: ScrapeSchedule;
  readonly store: UsageStore;
  readonly resolutionMs: number;
  /** When the process started, by `elapsed`, as the schedule's last tick. */
  readonly startedMs: number;
  readonly elapsed: () => number;
  /** Why the authentication configuration is not there. */
  readonly trustProblem: () => string | undefined;
}

/** A process is not killed for a pause of the machine that is longer than a very short period. */
const leastPatienceMs = 5_000;

/**
 * Alive: the schedule ran lately; nothing that others must do (answer lists, kubelets) is part of it, so that a slow start or an
 * outage of kube-apiserver does not restart the process. Ready: there is something true to serve.
 */
export function healthChecks(parts: HealthParts): readonly HealthCheck[] {
  return [
    { name: "metric-collection-timely", endpoints: ["livez"], check: () => timely(parts) },
    { name: "metric-storage-ready", endpoints: ["readyz"], check: () => storageReady(parts) },
    {
      name: "metric-informer-sync",
      endpoints: ["readyz"],
      check: () => notSyncedYet("nodes", parts.objects.status.nodes),
    },
    {
      name: "metadata-informer-sync",
      endpoints: ["readyz"],
      check: () => notSyncedYet("pods", parts.objects.status.pods),
    },
    { name: "authentication-configuration", endpoints: ["readyz"], check: parts.trustProblem },
  ];
}

function timely({ schedule, resolutionMs, startedMs, elapsed }: HealthParts): string | undefined {
  const lateMs = elapsed() - (schedule.lastTickMs ?? startedMs);
  if (lateMs <= Math.max(1.5 * resolutionMs, leastPatienceMs)) return undefined;
  return `the scrape schedule has not run for ${Math.round(lateMs / 1000)} s`;
}

/** A selector that matches no node is a choice, not a failure. */
function storageReady({ store, objects }: HealthParts): string | undefined {
  if (store.hasNodes()) return undefined;
  if (objects.status.nodes.synced && objects.nodes().length === 0) return undefined;
  return "no node's usage is known yet: two scrapes of a node are needed";
}
