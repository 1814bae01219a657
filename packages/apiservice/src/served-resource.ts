/** Resources by where they are served, with what negotiation needs to know about each. */
import type { RequestInfo } from "@kubemetrics/authorization";
import { allFormats, mediaTypes, Negotiator, resourceEndpoint } from "./negotiation.ts";
import type { BodyFormat } from "./resource-answer.ts";
import type { ApiGroup, ResourceDefinition } from "./resource.ts";

export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly definition: ResourceDefinition;
  readonly formats: readonly BodyFormat[];
  readonly negotiator: Negotiator;
  /** Media types the router knows for single objects, and for collections, which may be watched. */
  readonly itemTypes: readonly string[];
  readonly collectionTypes: readonly string[];
}

/** A path inside a served group. */
export interface ResourceTarget {
  readonly served: ServedResource;
  readonly namespace: string | undefined;
  /** `undefined`: the collection. */
  readonly name: string | undefined;
}

export class ResourceTable {
  readonly #resources = new Map<string, ServedResource>();

  constructor(groups: readonly ApiGroup[]) {
    for (const { name: group, versions } of groups) {
      for (const { version, resources } of versions) {
        for (const definition of resources) {
          this.#resources.set(keyOf(group, version, definition.name), served(group, version, definition));
        }
      }
    }
  }

  /** `undefined`: no such resource, or not at this path (subresources, wrong scope, `/watch/…`). */
  find(info: RequestInfo): ResourceTarget | undefined {
    if (info.verb === "proxy" || info.parts.length > 2) return undefined;
    const resource = this.#resources.get(keyOf(info.apiGroup, info.apiVersion, info.resource));
    if (resource === undefined) return undefined;
    const version = `/apis/${info.apiGroup}/${info.apiVersion}/`;
    if (!info.path.startsWith(version) || info.path.startsWith("watch/", version.length)) return undefined;
    const name = info.parts[1];
    const { namespaced } = resource.definition;
    if (!namespaced && info.path.startsWith("namespaces/", version.length)) return undefined;
    if (namespaced && name !== undefined && info.namespace === "") return undefined;
    return { served: resource, namespace: info.namespace === "" ? undefined : info.namespace, name };
  }
}

function keyOf(group: string, version: string, resource: string): string {
  return `${group}/${version}/${resource}`;
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
    itemTypes,
    collectionTypes: [...itemTypes, ...streams],
  };
}
