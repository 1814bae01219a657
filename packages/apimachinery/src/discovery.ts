/**
 * Discovery documents: which groups, versions and resources a server has.
 *
 * The aggregated form (`apidiscovery.k8s.io`) is the framework's.
 *
 * @see apimachinery `pkg/apis/meta/v1/types.go`, `generated.proto`
 */
import { protobufEnvelope } from "./protobuf-envelope.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** `{groupVersion: "metrics.k8s.io/v1", version: "v1"}`. */
export interface GroupVersionForDiscovery {
  readonly groupVersion: string;
  readonly version: string;
}

/** The address at which clients of a network reach the server. */
export interface ServerAddress {
  readonly clientCIDR: string;
  readonly serverAddress: string;
}

/** `/apis/<group>`. Lists may be null, as Go writes lists that were never made. */
export interface ApiGroupDocument {
  readonly name: string;
  /** In order of preference. */
  readonly versions: readonly GroupVersionForDiscovery[] | null;
  readonly preferredVersion: GroupVersionForDiscovery;
  readonly serverAddressByClientCIDRs?: readonly ServerAddress[];
}

/** One resource, or a subresource as `pods/log`. */
export interface ApiResourceDocument {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  /** Only where they differ from the document's. */
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}

/** A discovery document of any kind. `apiVersion` is `v1` when absent; upstream answers `/apis` with an empty one. */
export type DiscoveryDocument = { readonly apiVersion?: "v1" | "" } & (
  | {
      readonly kind: "APIVersions";
      readonly versions: readonly string[] | null;
      readonly serverAddressByClientCIDRs: readonly ServerAddress[] | null;
    }
  | { readonly kind: "APIGroupList"; readonly groups: readonly ApiGroupDocument[] | null }
  | ({ readonly kind: "APIGroup" } & ApiGroupDocument)
  | {
      readonly kind: "APIResourceList";
      readonly groupVersion: string;
      readonly resources: readonly ApiResourceDocument[] | null;
    }
);

/** For `goJson` and `goYaml`, keys in Go's order. */
export function discoveryToJson(document: DiscoveryDocument): object {
  const type = { kind: document.kind, apiVersion: apiVersionOf(document) || undefined };
  switch (document.kind) {
    case "APIVersions": {
      const { versions, serverAddressByClientCIDRs } = document;
      return { ...type, versions, serverAddressByClientCIDRs: serverAddressByClientCIDRs?.map(addressToJson) ?? null };
    }
    case "APIGroupList":
      return { ...type, groups: document.groups?.map(groupToJson) ?? null };
    case "APIGroup":
      return { ...type, ...groupToJson(document) };
    case "APIResourceList":
      return {
        ...type,
        groupVersion: document.groupVersion,
        resources: document.resources?.map(resourceToJson) ?? null,
      };
  }
}

function groupToJson(group: ApiGroupDocument): object {
  return {
    name: group.name,
    versions: group.versions?.map(versionToJson) ?? null,
    preferredVersion: versionToJson(group.preferredVersion),
    serverAddressByClientCIDRs: filled(group.serverAddressByClientCIDRs)?.map(addressToJson),
  };
}

function versionToJson({ groupVersion, version }: GroupVersionForDiscovery): object {
  return { groupVersion, version };
}

function addressToJson({ clientCIDR, serverAddress }: ServerAddress): object {
  return { clientCIDR, serverAddress };
}

function resourceToJson(resource: ApiResourceDocument): object {
  const { name, singularName, namespaced, group, version, kind, verbs, storageVersionHash } = resource;
  return {
    name,
    singularName,
    namespaced,
    group: group || undefined,
    version: version || undefined,
    kind,
    verbs,
    shortNames: filled(resource.shortNames),
    categories: filled(resource.categories),
    storageVersionHash: storageVersionHash || undefined,
  };
}

function filled<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function apiVersionOf(document: DiscoveryDocument): string {
  return document.apiVersion ?? "v1";
}

/** The whole protobuf body, envelope included. */
export function discoveryToProtobuf(document: DiscoveryDocument): Uint8Array {
  const writer = new ProtobufWriter();
  switch (document.kind) {
    case "APIVersions":
      writeTexts(writer, 1, document.versions);
      for (const address of document.serverAddressByClientCIDRs ?? []) writeAddress(writer, 2, address);
      break;
    case "APIGroupList":
      for (const group of document.groups ?? []) {
        const mark = writer.begin(1);
        writeGroup(writer, group);
        writer.end(mark);
      }
      break;
    case "APIGroup":
      writeGroup(writer, document);
      break;
    case "APIResourceList":
      writer.string(1, document.groupVersion);
      for (const resource of document.resources ?? []) writeResource(writer, 2, resource);
      break;
  }
  return protobufEnvelope(apiVersionOf(document), document.kind, writer.finish());
}

function writeGroup(writer: ProtobufWriter, group: ApiGroupDocument): void {
  writer.string(1, group.name);
  for (const version of group.versions ?? []) writeVersion(writer, 2, version);
  writeVersion(writer, 3, group.preferredVersion);
  for (const address of group.serverAddressByClientCIDRs ?? []) writeAddress(writer, 4, address);
}

function writeVersion(writer: ProtobufWriter, field: number, version: GroupVersionForDiscovery): void {
  const mark = writer.begin(field);
  writer.string(1, version.groupVersion);
  writer.string(2, version.version);
  writer.end(mark);
}

function writeAddress(writer: ProtobufWriter, field: number, address: ServerAddress): void {
  const mark = writer.begin(field);
  writer.string(1, address.clientCIDR);
  writer.string(2, address.serverAddress);
  writer.end(mark);
}

function writeResource(writer: ProtobufWriter, field: number, resource: ApiResourceDocument): void {
  const mark = writer.begin(field);
  writer.string(1, resource.name);
  writer.bool(2, resource.namespaced);
  writer.string(3, resource.kind);
  const verbs = writer.begin(4);
  writeTexts(writer, 1, resource.verbs);
  writer.end(verbs);
  writeTexts(writer, 5, resource.shortNames);
  writer.string(6, resource.singularName);
  writeTexts(writer, 7, resource.categories);
  writer.string(8, resource.group ?? "");
  writer.string(9, resource.version ?? "");
  writer.string(10, resource.storageVersionHash ?? "");
  writer.end(mark);
}

function writeTexts(writer: ProtobufWriter, field: number, texts: readonly string[] | undefined | null): void {
  for (const text of texts ?? []) writer.string(field, text);
}
