import { serviceUnavailable } from "@kubemetrics/apimachinery";
import type { ApiGroup, ResourceDefinition } from "@kubemetrics/apiservice";
import type { CollectionStatus } from "@kubemetrics/kube";

/** Why the cluster's nodes or pods are not known; `undefined` from the first complete list on. */
export function notSyncedYet(resource: string, { synced, failure }: CollectionStatus): string | undefined {
  if (synced) return undefined;
  const reason = failure === undefined ? "" : `: ${failure.message}`;
  return `the list of ${resource} has not come yet${reason}`;
}

/**
 * The group, with data only where the cluster's objects are known. Before, an answer would claim that nothing is there, and
 * autoscalers would believe it: they get 503 with the reason instead. Discovery stays up.
 */
export function onlyWhenSynced(group: ApiGroup, problem: (resource: string) => string | undefined): ApiGroup {
  const versions = group.versions.map((version) => ({
    ...version,
    resources: version.resources.map((resource) => guarded(resource, problem)),
  }));
  return { ...group, versions };
}

function guarded(resource: ResourceDefinition, problem: (resource: string) => string | undefined): ResourceDefinition {
  const require = (): void => {
    const reason = problem(resource.name);
    if (reason !== undefined) throw serviceUnavailable(reason);
  };
  const get = resource.get?.bind(resource);
  const list = resource.list?.bind(resource);
  return {
    ...resource,
    ...(get && {
      get: (request) => {
        require();
        return get(request);
      },
    }),
    ...(list && {
      list: (request) => {
        require();
        return list(request);
      },
    }),
  };
}
