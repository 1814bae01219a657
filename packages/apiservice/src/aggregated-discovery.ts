/** Aggregated discovery: everything in one document, asked for by conversion, with an ETag. */
import { createHash } from "node:crypto";
import {
  goJson,
  goYaml,
  protobufEnvelope,
  ProtobufWriter,
  writeListMeta,
  writeObjectMeta,
} from "@kubemetrics/apimachinery";
import type { Exchange } from "./exchange.ts";
import { allFormats, mediaTypes, Negotiator, wantsPretty, type Conversion } from "./negotiation.ts";
import type { Reply } from "./reply.ts";
import type { BodyFormat } from "./resource-answer.ts";
import type { ApiGroup, ApiVersion, ResourceDefinition } from "./resource.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const kind = "APIGroupDiscoveryList";
const group = "apidiscovery.k8s.io";

/** kube-apiserver 1.26 … 1.29 asks for v2beta1 only, later ones for v2. */
export type DiscoveryVersion = "v2" | "v2beta1";

/**
 * Answers when the client asked for the aggregated form and it is served in that version; `undefined` leaves the
 * request to the plain document. Never 406 by itself: clients list the plain form as their fall-back.
 */
export class AggregatedDiscovery {
  readonly #negotiator: Negotiator;
  readonly #documents: ReadonlyMap<string, AggregatedDocument>;

  constructor(groups: readonly ApiGroup[], versions: readonly DiscoveryVersion[]) {
    this.#documents = new Map(versions.map((version) => [version, new AggregatedDocument(groups, version)]));
    this.#negotiator = new Negotiator({
      formats: allFormats,
      serverVersions: [],
      allowsConversion: (as) => as !== undefined && this.#documentFor(as) !== undefined,
    });
  }

  answer(asker: Pick<Exchange, "known" | "info">): Reply | undefined {
    const chosen = this.#negotiator.choose(asker.known.accept);
    if (chosen?.as === undefined) return undefined;
    const isPretty = chosen.format === "json" && (chosen.pretty || wantsPretty(asker));
    return this.#documentFor(chosen.as)?.reply(chosen.format, isPretty, asker.known.ifNoneMatch);
  }

  #documentFor(as: Conversion): AggregatedDocument | undefined {
    return as.kind === kind && as.group === group ? this.#documents.get(as.version) : undefined;
  }
}

class AggregatedDocument {
  readonly #json: JsonObject;
  readonly #version: DiscoveryVersion;
  readonly #message: Uint8Array;
  readonly #etag: string;

  constructor(groups: readonly ApiGroup[], version: DiscoveryVersion) {
    this.#version = version;
    const list = { metadata: {}, items: groups.map(groupItem) };
    this.#json = { kind, apiVersion: `${group}/${version}`, ...list };
    this.#message = listMessage(groups);
    this.#etag = `"${hashOf(Buffer.from(goJson(list)))}"`;
  }

  reply(format: BodyFormat, isPretty: boolean, ifNoneMatch: string): Reply {
    const headers = { etag: this.#etag, vary: "Accept", "cache-control": "public" };
    if (ifNoneMatch === this.#etag) return { status: 304, headers };
    const contentType = `${mediaTypes[format]};g=${group};v=${this.#version};as=${kind}`;
    return {
      status: 200,
      headers: { ...headers, "content-type": contentType },
      segments: [this.#bytes(format, isPretty)],
    };
  }

  #bytes(format: BodyFormat, isPretty: boolean): Uint8Array {
    if (format === "protobuf") return protobufEnvelope(`${group}/${this.#version}`, kind, this.#message);
    if (format === "yaml") return Buffer.from(goYaml(this.#json));
    return Buffer.from(isPretty ? goJson(this.#json, 2) : `${goJson(this.#json)}\n`);
  }
}

/** Upper-case hex of SHA-512, as upstream's ETags. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha512").update(bytes).digest("hex").toUpperCase();
}

function groupItem({ name, versions }: ApiGroup): JsonObject {
  return { metadata: { name }, versions: versions.map(versionItem) };
}

function versionItem({ version, resources }: ApiVersion): JsonObject {
  return { version, resources: resources.map(resourceItem), freshness: "Current" };
}

function resourceItem(resource: ResourceDefinition): JsonObject {
  const { name, kindGroup = "", kindVersion = "", shortNames, categories } = resource;
  return {
    resource: name,
    responseKind: { group: kindGroup, version: kindVersion, kind: resource.kind },
    scope: scopeOf(resource),
    singularResource: resource.singularName,
    verbs: resource.verbs,
    shortNames,
    categories,
  };
}

function scopeOf(resource: ResourceDefinition): string {
  return resource.namespaced ? "Namespaced" : "Cluster";
}

function listMessage(groups: readonly ApiGroup[]): Uint8Array {
  const writer = new ProtobufWriter();
  writeListMeta(writer, 1, {});
  for (const { name, versions } of groups) {
    const item = writer.begin(2);
    writeObjectMeta(writer, 1, { name });
    for (const { version, resources } of versions) {
      const versionMark = writer.begin(2);
      writer.string(1, version);
      for (const resource of resources) writeResource(writer, resource);
      writer.string(3, "Current");
      writer.end(versionMark);
    }
    writer.end(item);
  }
  return writer.finish();
}

function writeResource(writer: ProtobufWriter, resource: ResourceDefinition): void {
  const mark = writer.begin(2);
  writer.string(1, resource.name);
  const responseKind = writer.begin(2);
  writer.string(1, resource.kindGroup ?? "");
  writer.string(2, resource.kindVersion ?? "");
  writer.string(3, resource.kind);
  writer.end(responseKind);
  writer.string(3, scopeOf(resource));
  writer.string(4, resource.singularName);
  for (const verb of resource.verbs) writer.string(5, verb);
  for (const shortName of resource.shortNames ?? []) writer.string(6, shortName);
  for (const category of resource.categories ?? []) writer.string(7, category);
  writer.end(mark);
}
