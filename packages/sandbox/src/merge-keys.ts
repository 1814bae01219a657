/**
 * Which lists of which objects a strategic merge patch merges, and by what their elements are told apart.
 *
 * Every other list is replaced whole: tolerations, subjects and rules of RBAC, arguments of a container.
 *
 * @see kubernetes `api` types.go, the tags `patchStrategy` and `patchMergeKey`
 */
import { apiServices, namespaces, nodes, pods, serviceAccounts, services, type ResourceType } from "./resource-type.ts";

/** How a value is merged with the one that a patch brings. */
export interface MergeRule {
  /** Of a list that is merged: the field whose value tells its elements apart, `""` for lists of plain values. */
  readonly key?: string;
  /** Of the fields of an object, or of each element of a list. A field that is not here has no lists that are merged. */
  readonly fields?: { readonly [field: string]: MergeRule };
}

const plainValues: MergeRule = { key: "" };
const by = (key: string, fields: NonNullable<MergeRule["fields"]> = {}): MergeRule => ({ key, fields });
const within = (fields: NonNullable<MergeRule["fields"]>): MergeRule => ({ fields });

const metadata = within({ ownerReferences: by("uid"), finalizers: plainValues });
const withConditions = within({ conditions: by("type") });

const containers = by("name", {
  ports: by("containerPort"),
  env: by("name"),
  volumeMounts: by("mountPath"),
  volumeDevices: by("devicePath"),
});
const podSpec = within({
  volumes: by("name"),
  initContainers: containers,
  containers,
  ephemeralContainers: containers,
  imagePullSecrets: by("name"),
  hostAliases: by("ip"),
  topologySpreadConstraints: by("topologyKey"),
  schedulingGates: by("name"),
  resourceClaims: by("name"),
});
const podStatus = within({
  conditions: by("type"),
  hostIPs: by("ip"),
  podIPs: by("ip"),
  resourceClaimStatuses: by("name"),
});

const rules: ReadonlyMap<ResourceType, MergeRule> = new Map([
  [pods, within({ metadata, spec: podSpec, status: podStatus })],
  [services, within({ metadata, spec: within({ ports: by("port") }), status: withConditions })],
  [
    nodes,
    within({
      metadata,
      spec: within({ podCIDRs: plainValues }),
      status: within({ conditions: by("type"), addresses: by("type") }),
    }),
  ],
  [namespaces, within({ metadata, status: withConditions })],
  [serviceAccounts, within({ metadata, secrets: by("name") })],
  [apiServices, within({ metadata, status: withConditions })],
]);

const onlyMetadata = within({ metadata });

export function mergeRuleOf(type: ResourceType): MergeRule {
  return rules.get(type) ?? onlyMetadata;
}
