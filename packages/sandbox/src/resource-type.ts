/** Which resources the sandbox knows, and what is particular about each. */
import { at, itemsAt, textAt } from "./json-path.ts";
import type { KubeObject } from "./kube-object.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

export interface ResourceType {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: `nodes`. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly hasStatus: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Field selectors beyond `metadata.name` and `metadata.namespace`, with the value each has for an object. */
  readonly fields: ReadonlyMap<string, (object: KubeObject) => string>;
  /** Upstream words the refusal of an unknown field differently for types with their own list of fields. */
  readonly refusesUnknownFieldsByLabel: boolean;
}

const stored: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** Types without storage: a POST is answered and forgotten. */
const answeredOnly: readonly Verb[] = ["create"];

interface Particulars {
  readonly short?: readonly string[];
  readonly categories?: readonly string[];
  readonly status?: true;
  readonly singular?: string;
  readonly verbs?: readonly Verb[];
  readonly fields?: Readonly<Record<string, (object: KubeObject) => string>>;
}

const inNamespaces = true;
const inCluster = false;

export const namespaces: ResourceType = core("namespaces", "Namespace", inCluster, {
  short: ["ns"],
  status: true,
  fields: { "status.phase": (object) => textAt(object, "status", "phase") },
});

export const nodes: ResourceType = core("nodes", "Node", inCluster, {
  short: ["no"],
  status: true,
  fields: { "spec.unschedulable": (object) => String(at(object, "spec", "unschedulable") === true) },
});

export const pods: ResourceType = core("pods", "Pod", inNamespaces, {
  short: ["po"],
  categories: ["all"],
  status: true,
  fields: {
    "spec.nodeName": (object) => textAt(object, "spec", "nodeName"),
    "spec.restartPolicy": (object) => textAt(object, "spec", "restartPolicy"),
    "spec.schedulerName": (object) => textAt(object, "spec", "schedulerName"),
    "spec.serviceAccountName": (object) => textAt(object, "spec", "serviceAccountName"),
    "spec.hostNetwork": (object) => String(at(object, "spec", "hostNetwork") === true),
    "status.phase": (object) => textAt(object, "status", "phase"),
    "status.podIP": (object) => textAt(object, "status", "podIPs", 0, "ip") || textAt(object, "status", "podIP"),
    "status.nominatedNodeName": (object) => textAt(object, "status", "nominatedNodeName"),
  },
});

export const configMaps: ResourceType = core("configmaps", "ConfigMap", inNamespaces, { short: ["cm"] });
export const services: ResourceType = core("services", "Service", inNamespaces, {
  short: ["svc"],
  categories: ["all"],
  status: true,
  fields: {
    "spec.clusterIP": (object) => textAt(object, "spec", "clusterIP"),
    "spec.type": (object) => textAt(object, "spec", "type"),
  },
});
export const endpoints: ResourceType = core("endpoints", "Endpoints", inNamespaces, {
  short: ["ep"],
  singular: "endpoints",
});
export const serviceAccounts: ResourceType = core("serviceaccounts", "ServiceAccount", inNamespaces, { short: ["sa"] });
export const events: ResourceType = core("events", "Event", inNamespaces, {
  short: ["ev"],
  fields: Object.fromEntries(
    ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"].map((field) => [
      `involvedObject.${field}`,
      (object: KubeObject) => textAt(object, "involvedObject", field),
    ]),
  ),
});

export const endpointSlices: ResourceType = inGroup(
  "discovery.k8s.io",
  "endpointslices",
  "EndpointSlice",
  inNamespaces,
);
const leases: ResourceType = inGroup("coordination.k8s.io", "leases", "Lease", inNamespaces);

export const apiServices: ResourceType = inGroup("apiregistration.k8s.io", "apiservices", "APIService", inCluster, {
  categories: ["api-extensions"],
  status: true,
});

const rbac = "rbac.authorization.k8s.io";
export const roles: ResourceType = inGroup(rbac, "roles", "Role", inNamespaces);
export const roleBindings: ResourceType = inGroup(rbac, "rolebindings", "RoleBinding", inNamespaces);
export const clusterRoles: ResourceType = inGroup(rbac, "clusterroles", "ClusterRole", inCluster);
export const clusterRoleBindings: ResourceType = inGroup(rbac, "clusterrolebindings", "ClusterRoleBinding", inCluster);

const authn = "authentication.k8s.io";
const authz = "authorization.k8s.io";
const reviews: readonly ResourceType[] = [
  inGroup(authn, "selfsubjectreviews", "SelfSubjectReview", inCluster, { verbs: answeredOnly }),
  inGroup(authn, "tokenreviews", "TokenReview", inCluster, { verbs: answeredOnly }),
  inGroup(authz, "localsubjectaccessreviews", "LocalSubjectAccessReview", inNamespaces, { verbs: answeredOnly }),
  inGroup(authz, "selfsubjectaccessreviews", "SelfSubjectAccessReview", inCluster, { verbs: answeredOnly }),
  inGroup(authz, "selfsubjectrulesreviews", "SelfSubjectRulesReview", inCluster, { verbs: answeredOnly }),
  inGroup(authz, "subjectaccessreviews", "SubjectAccessReview", inCluster, { verbs: answeredOnly }),
];

/** Every type, sorted by resource name inside its group as discovery lists them. */
export const resourceTypes: readonly ResourceType[] = [
  configMaps,
  endpoints,
  events,
  namespaces,
  nodes,
  pods,
  serviceAccounts,
  services,
  apiServices,
  ...reviews,
  leases,
  endpointSlices,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
];

/** A type by its place in a URL. */
export function findResourceType(group: string, version: string, resource: string): ResourceType | undefined {
  return resourceTypes.find((type) => type.resource === resource && type.group === group && type.version === version);
}

/** A type by what an object says it is. */
export function typeOfObject(object: { readonly apiVersion: string; readonly kind: string }): ResourceType | undefined {
  return resourceTypes.find((type) => type.kind === object.kind && apiVersionOf(type) === object.apiVersion);
}

export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}

/** Whether a review: answered, not stored. */
export function isReview(type: ResourceType): boolean {
  return type.verbs === answeredOnly;
}

function core(resource: string, kind: string, namespaced: boolean, particulars?: Particulars): ResourceType {
  return inGroup("", resource, kind, namespaced, particulars);
}

function inGroup(
  group: string,
  resource: string,
  kind: string,
  namespaced: boolean,
  particulars: Particulars = {},
): ResourceType {
  return {
    group,
    version: "v1",
    resource,
    singular: particulars.singular ?? kind.toLowerCase(),
    kind,
    namespaced,
    verbs: particulars.verbs ?? stored,
    hasStatus: particulars.status === true,
    shortNames: particulars.short ?? [],
    categories: particulars.categories ?? [],
    fields: new Map(Object.entries(particulars.fields ?? {})),
    refusesUnknownFieldsByLabel: particulars.fields !== undefined,
  };
}

/** The names of a pod's containers. */
export function containerNames(pod: KubeObject): readonly string[] {
  return itemsAt(pod, "spec", "containers").map((container) => textAt(container, "name"));
}
