import { serviceUnavailable } from "@kubemetrics/apimachinery";
import type { ClusterObjects, CollectionStatus } from "@kubemetrics/kube";
import type { KnownObjects } from "@kubemetrics/resource-metrics";

/**
 * The cluster's objects for answers. Until a first complete list has come, an answer would claim that nothing is there,
 * and autoscalers would believe it: requests get 503 with the reason instead. Discovery does not ask and stays up.
 */
export function knownOrUnavailable(objects: ClusterObjects): KnownObjects {
  const require = (resource: string, status: CollectionStatus): void => {
    const problem = notSyncedYet(resource, status);
    if (problem !== undefined) throw serviceUnavailable(problem);
  };
  return {
    nodes() {
      require("nodes", objects.status.nodes);
      return objects.nodes();
    },
    node(name) {
      require("nodes", objects.status.nodes);
      return objects.node(name);
    },
    pods(namespace) {
      require("pods", objects.status.pods);
      return objects.pods(namespace);
    },
    pod(namespace, name) {
      require("pods", objects.status.pods);
      return objects.pod(namespace, name);
    },
  };
}

/** Why the cluster's nodes or pods are not known; `undefined` from the first complete list on. */
export function notSyncedYet(resource: string, { synced, failure }: CollectionStatus): string | undefined {
  if (synced) return undefined;
  return failure === undefined
    ? `the list of ${resource} has not come yet`
    : `the list of ${resource} has not come yet: ${failure.message}`;
}
