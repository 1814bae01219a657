/**
 * APIService objects: who answers for a group version, and in which order groups and versions are listed.
 *
 * @see kube-aggregator `pkg/apis/apiregistration/v1/helper/helpers.go`
 */
import { at, isObject, itemsAt, numberAt, objectAt, textAt } from "./json-path.ts";
import type { JsonObject, KubeObject } from "./kube-object.ts";

export interface ApiService {
  readonly object: KubeObject;
  readonly name: string;
  readonly group: string;
  readonly version: string;
  /** `undefined`: the API server itself answers. */
  readonly service: ServiceReference | undefined;
  /** PEM; empty when none is given. */
  readonly caBundle: string;
  readonly skipsVerification: boolean;
  readonly isAvailable: boolean;
  readonly groupPriority: number;
  readonly versionPriority: number;
}

export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

export function readApiService(object: KubeObject): ApiService {
  const spec = objectAt(object, "spec");
  const service = at(spec, "service");
  return {
    object,
    name: object.metadata.name,
    group: textAt(spec, "group"),
    version: textAt(spec, "version"),
    service: isObject(service)
      ? {
          namespace: textAt(service, "namespace"),
          name: textAt(service, "name"),
          port: numberAt(service, "port") ?? 443,
        }
      : undefined,
    caBundle: Buffer.from(textAt(spec, "caBundle"), "base64").toString("latin1"),
    skipsVerification: at(spec, "insecureSkipTLSVerify") === true,
    isAvailable: textAt(availableCondition(object), "status") === "True",
    groupPriority: numberAt(spec, "groupPriorityMinimum") ?? 0,
    versionPriority: numberAt(spec, "versionPriority") ?? 0,
  };
}

/** Condition `Available`, or nothing. */
export function availableCondition(object: KubeObject): JsonObject {
  const found = itemsAt(object, "status", "conditions").find((condition) => textAt(condition, "type") === "Available");
  return isObject(found) ? found : {};
}

/** Groups in their order (highest priority of any version, then APIService name), each with its versions in theirs. */
export function sortedByGroup(services: readonly ApiService[]): readonly (readonly ApiService[])[] {
  const groups = new Map<string, ApiService[]>();
  const byPriority = services.toSorted((a, b) => b.groupPriority - a.groupPriority || (a.name < b.name ? -1 : 1));
  for (const service of byPriority) {
    const group = groups.get(service.group) ?? [];
    group.push(service);
    groups.set(service.group, group);
  }
  return [...groups.values()].map((group) =>
    group.toSorted((a, b) => b.versionPriority - a.versionPriority || compareKubeVersions(b.version, a.version)),
  );
}

/** Negative when `a` is the less stable one: alpha < beta < general availability, then by number; other texts come last. */
export function compareKubeVersions(a: string, b: string): number {
  const left = kubeVersion(a);
  const right = kubeVersion(b);
  if (left === undefined || right === undefined) {
    if (left !== undefined) return 1;
    if (right !== undefined) return -1;
    return a < b ? 1 : a > b ? -1 : 0;
  }
  return left.stage - right.stage || left.major - right.major || left.minor - right.minor;
}

function kubeVersion(text: string): { stage: number; major: number; minor: number } | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const stage = match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0;
  return { stage, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}

/** APIGroup of one group, versions in order. */
export function apiGroupDocument(group: readonly ApiService[]): JsonObject {
  const name = group[0]?.group ?? "";
  const versions = group.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] ?? null };
}

/**
 * The APIService objects of the API server's own group versions, with the priorities kube-apiserver gives them. The group of APIServices
 * itself has none: it always comes first.
 */
export function localApiServices(
  groupVersions: readonly { readonly group: string; readonly version: string }[],
  time: string,
): readonly KubeObject[] {
  const priorities = new Map([
    ["", 18_000],
    ["authentication.k8s.io", 17_700],
    ["authorization.k8s.io", 17_600],
    ["rbac.authorization.k8s.io", 17_000],
    ["coordination.k8s.io", 16_500],
    ["discovery.k8s.io", 16_200],
  ]);
  const registered = groupVersions.filter(({ group }) => group !== "apiregistration.k8s.io");
  return registered.map(({ group, version }) => ({
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: `${version}.${group}`, labels: { "kube-aggregator.kubernetes.io/automanaged": "onstart" } },
    spec: {
      group,
      version,
      groupPriorityMinimum: priorities.get(group) ?? 16_000,
      versionPriority: group === "" ? 1 : 15,
    },
    status: {
      conditions: [
        {
          type: "Available",
          status: "True",
          lastTransitionTime: time,
          reason: "Local",
          message: "Local APIServices are always available",
        },
      ],
    },
  }));
}
