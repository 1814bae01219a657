/** Discovery documents: which groups, versions and resources there are. */
import { ProtobufWriter } from "@kubemetrics/apimachinery";
import { NegotiatedDocument } from "./negotiated-document.ts";
import type { ApiGroup, ApiVersion, ResourceDefinition } from "./resource.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** `/apis`. Its JSON has no `apiVersion`, as upstream's has not. */
export function groupListDocument(groups: readonly ApiGroup[], serverAddress: string): NegotiatedDocument {
  const addresses = [{ clientCIDR: "0.0.0.0/0", serverAddress }];
  const json = {
    kind: "APIGroupList",
    groups: groups.map((group) => ({ ...groupObject(group), serverAddressByClientCIDRs: addresses })),
  };
  const writer = new ProtobufWriter();
  for (const group of groups) {
    const mark = writer.begin(1);
    writeGroup(writer, group, serverAddress);
    writer.end(mark);
  }
  return new NegotiatedDocument(json, "APIGroupList", "", writer.finish());
}

/** `/apis/<group>` */
export function groupDocument(group: ApiGroup): NegotiatedDocument {
  const writer = new ProtobufWriter();
  writeGroup(writer, group, undefined);
  const json = { kind: "APIGroup", apiVersion: "v1", ...groupObject(group) };
  return new NegotiatedDocument(json, "APIGroup", "v1", writer.finish());
}

/** `/apis/<group>/<version>`: what kube-aggregator's availability probe asks for. */
export function resourceListDocument(group: string, { version, resources }: ApiVersion): NegotiatedDocument {
  const groupVersion = `${group}/${version}`;
  const json = {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion,
    resources: resources.map(resourceObject),
  };
  const writer = new ProtobufWriter();
  writer.string(1, groupVersion);
  for (const resource of resources) writeResource(writer, resource);
  return new NegotiatedDocument(json, "APIResourceList", "v1", writer.finish());
}

function groupObject({ name, versions }: ApiGroup): JsonObject {
  const shown = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: shown, preferredVersion: shown[0] };
}

function resourceObject(resource: ResourceDefinition): JsonObject {
  return {
    name: resource.name,
    singularName: resource.singularName,
    namespaced: resource.namespaced,
    group: resource.kindGroup,
    version: resource.kindVersion,
    kind: resource.kind,
    verbs: resource.verbs,
    shortNames: resource.shortNames,
    categories: resource.categories,
  };
}

function writeGroup(writer: ProtobufWriter, { name, versions }: ApiGroup, serverAddress: string | undefined): void {
  writer.string(1, name);
  for (const { version } of versions) writeGroupVersion(writer, 2, name, version);
  const preferred = versions[0];
  if (preferred !== undefined) writeGroupVersion(writer, 3, name, preferred.version);
  if (serverAddress === undefined) return;
  const mark = writer.begin(4);
  writer.string(1, "0.0.0.0/0");
  writer.string(2, serverAddress);
  writer.end(mark);
}

function writeGroupVersion(writer: ProtobufWriter, field: number, group: string, version: string): void {
  const mark = writer.begin(field);
  writer.string(1, `${group}/${version}`);
  writer.string(2, version);
  writer.end(mark);
}

function writeResource(writer: ProtobufWriter, resource: ResourceDefinition): void {
  const mark = writer.begin(2);
  writer.string(1, resource.name);
  writer.bool(2, resource.namespaced);
  writer.string(3, resource.kind);
  const verbs = writer.begin(4);
  for (const verb of resource.verbs) writer.string(1, verb);
  writer.end(verbs);
  for (const shortName of resource.shortNames ?? []) writer.string(5, shortName);
  writer.string(6, resource.singularName);
  for (const category of resource.categories ?? []) writer.string(7, category);
  writer.string(8, resource.kindGroup ?? "");
  writer.string(9, resource.kindVersion ?? "");
  writer.string(10, "");
  writer.end(mark);
}
