/** Resources by where they are served, with what negotiation needs to know about each. */
import type { RequestInfo } from "@kubemetrics/authorization";
import { allFormats, mediaTypes, Negotiator, resourceEndpoint } from "./negotiation.ts";
import type { BodyFormat } from "./resource-answer.ts";
import { ProducedTypes } from "./route-accept.ts";
import type { ApiGroup, ResourceDefinition } from "./resource.ts";

export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly definition: ResourceDefinition;
  readonly formats: readonly BodyFormat[];
  readonly negotiator: Negotiator;
  /** Watches are JSON, whatever else the client would take. */
  readonly watchNegotiator: Negotiator;
  /** Media types the router knows for single objects, and for collections, which may be watched. */
  readonly itemTypes: ProducedTypes;
  readonly collectionTypes: ProducedTypes;
  /** `/apis/<group>/<version>/` */
  readonly path: string;
}

/** A path inside a served group. */
export interface ResourceTarget {
  readonly served: ServedResource;
  readonly namespace: string | undefined;
  /** `undefined`: the collection. */
  readonly name: string | undefined;
}

export class ResourceTable {
  readonly #resources = new Map<string, Map<string, Map<string, ServedResource>>>();

  constructor(groups: readonly ApiGroup[]) {
    for (const { name: group, versions } of groups) {
      const byVersion = new Map<string, Map<string, ServedResource>>();
      this.#resources.set(group, byVersion);
      for (const { version, resources } of versions) {
        const entries = resources.map((definition) => [definition.name, served(group, version, definition)] as const);
        byVersion.set(version, new Map(entries));
      }
    }
  }

  /** `undefined`: no such resource, or not at this path (subresources, wrong scope, `/watch/…`). */
  find(info: RequestInfo): ResourceTarget | undefined {
    if (info.verb === "proxy" || info.parts.length > 2) return undefined;
    const resource = this.#resources.get(info.apiGroup)?.get(info.apiVersion)?.get(info.resource);
    if (resource === undefined || !info.path.startsWith(resource.path)) return undefined;
    const below = resource.path.length;
    if (info.path.startsWith("watch/", below)) return undefined;
    const name = info.parts[1];
    const { namespaced } = resource.definition;
    if (!namespaced && info.path.startsWith("namespaces/", below)) return undefined;
    if (namespaced && name !== undefined && info.namespace === "") return undefined;
    return { served: resource, namespace: info.namespace === "" ? undefined : info.namespace, name };
  }
}

function served(group: string, version: string, definition: ResourceDefinition): ServedResource {
  const formats = definition.formats ?? allFormats;
  const itemTypes = formats.map((format) => mediaTypes[format]);
  const streams = formats.filter((format) => format !== "yaml").map((format) => `${mediaTypes[format]};stream=watch`);
  return {
    group,
    version,
    definition,
    formats,
    negotiator: new Negotiator(resourceEndpoint(formats, definition.tables ?? true)),
    watchNegotiator: new Negotiator(resourceEndpoint(["json"], definition.tables ?? true)),
    itemTypes: new ProducedTypes(itemTypes),
    collectionTypes: new ProducedTypes([...itemTypes, ...streams]),
    path: `/apis/${group}/${version}/`,
  };
}
