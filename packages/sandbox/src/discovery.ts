/** Which resources there are: the old documents, one a group version, and the aggregated one. */
import { createHash } from "node:crypto";
import { textAt } from "./json-path.ts";
import type { Json, JsonObject } from "./kube-object.ts";
import { apiVersionOf, isReview, resourceTypes, type ResourceType } from "./resource-type.ts";

export const aggregatedContentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** One version of a group as discovery shows it. `resources` is the list of the aggregated document. */
export interface DiscoveredVersion {
  readonly group: string;
  readonly version: string;
  readonly freshness: "Current" | "Stale";
  readonly resources: Json;
}

/** Whether an Accept header asks for the aggregated document before the old one. */
export function wantsAggregatedDiscovery(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((clause) => {
    const [mediaType, ...parameters] = clause.split(";").map((part) => part.trim());
    return (
      mediaType === "application/json" &&
      parameters.includes("g=apidiscovery.k8s.io") &&
      parameters.includes("v=v2") &&
      parameters.includes("as=APIGroupDiscoveryList")
    );
  });
}

/** APIResourceList of one of the sandbox's own group versions; `undefined` when it has none of that name. */
export function resourceListDocument(group: string, version: string): JsonObject | undefined {
  const types = typesOf(group, version);
  if (types.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    ...(group !== "" && { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources: types.flatMap((type) => [resourceEntry(type), ...subresourceEntries(type)]),
  };
}

/** The aggregated document. Groups and versions keep the order they are given in. */
export function aggregatedDocument(versions: readonly DiscoveredVersion[]): JsonObject {
  const groups = new Map<string, Json[]>();
  for (const { group, version, freshness, resources } of versions) {
    const list = groups.get(group) ?? [];
    list.push({ version, resources, freshness });
    groups.set(group, list);
  }
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: [...groups].map(([name, list]) => ({
      metadata: name === "" ? {} : { name },
      versions: list,
    })),
  };
}

/** The sandbox's own part of the aggregated document. */
export function ownDiscovery(group: string, version: string): DiscoveredVersion {
  const resources = typesOf(group, version).map((type) => ({
    resource: type.resource,
    responseKind: { group, version, kind: type.kind },
    scope: type.namespaced ? "Namespaced" : "Cluster",
    singularResource: type.singular,
    verbs: type.verbs,
    ...(type.shortNames.length > 0 && { shortNames: type.shortNames }),
    ...(type.categories.length > 0 && { categories: type.categories }),
    ...(type.hasStatus && {
      subresources: [
        { subresource: "status", responseKind: { group, version, kind: type.kind }, verbs: ["get", "patch", "update"] },
      ],
    }),
  }));
  return { group, version, freshness: "Current", resources };
}

/** The aggregated form of an old APIResourceList, for servers that know only that. */
export function discoveryFromResourceList(
  group: string,
  version: string,
  list: readonly JsonObject[],
): DiscoveredVersion {
  const resources: JsonObject[] = [];
  const bySubresource = list.filter((entry) => textAt(entry, "name").includes("/"));
  for (const entry of list) {
    const name = textAt(entry, "name");
    if (name.includes("/")) continue;
    const subresources = bySubresource
      .filter((candidate) => textAt(candidate, "name").startsWith(`${name}/`))
      .map((candidate) => ({
        subresource: textAt(candidate, "name").slice(name.length + 1),
        responseKind: responseKind(group, version, candidate),
        verbs: candidate["verbs"] ?? [],
      }));
    resources.push({
      resource: name,
      responseKind: responseKind(group, version, entry),
      scope: entry["namespaced"] === true ? "Namespaced" : "Cluster",
      singularResource: entry["singularName"] ?? "",
      verbs: entry["verbs"] ?? [],
      ...(entry["shortNames"] !== undefined && { shortNames: entry["shortNames"] }),
      ...(entry["categories"] !== undefined && { categories: entry["categories"] }),
      ...(subresources.length > 0 && { subresources }),
    });
  }
  return { group, version, freshness: "Current", resources };
}

/** A strong ETag: quoted upper-case SHA-512 of the text, as upstream makes it. */
export function entityTag(text: string): string {
  return `"${createHash("sha512").update(text).digest("hex").toUpperCase()}"`;
}

/** Group versions the sandbox serves itself, in no particular order. */
export function ownGroupVersions(): readonly { readonly group: string; readonly version: string }[] {
  const seen = new Map<string, { group: string; version: string }>();
  for (const { group, version } of resourceTypes) seen.set(`${group}/${version}`, { group, version });
  return [...seen.values()];
}

function typesOf(group: string, version: string): readonly ResourceType[] {
  return resourceTypes.filter((type) => type.group === group && type.version === version);
}

function resourceEntry(type: ResourceType): JsonObject {
  return {
    name: type.resource,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: type.verbs,
    ...(type.shortNames.length > 0 && { shortNames: type.shortNames }),
    ...(type.categories.length > 0 && { categories: type.categories }),
    ...(!isReview(type) && {
      storageVersionHash: createHash("sha256").update(`${type.group}/${type.kind}`).digest("base64").slice(0, 12),
    }),
  };
}

function subresourceEntries(type: ResourceType): readonly JsonObject[] {
  if (!type.hasStatus) return [];
  const name = `${type.resource}/status`;
  return [{ name, singularName: "", namespaced: type.namespaced, kind: type.kind, verbs: ["get", "patch", "update"] }];
}

function responseKind(group: string, version: string, entry: JsonObject): JsonObject {
  return { group: entry["group"] ?? group, version: entry["version"] ?? version, kind: entry["kind"] ?? "" };
}
