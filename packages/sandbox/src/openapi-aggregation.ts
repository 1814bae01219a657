/**
 * OpenAPI of extension servers: their v2 documents are merged into ours, their v3 documents are listed and passed on when asked for.
 *
 * A server without v3 is not converted from v2, which the real aggregator would do.
 *
 * @see kube-aggregator `pkg/controllers/openapi`, `pkg/controllers/openapiv3`
 */
import { readApiService, type ApiService, type ServiceReference } from "./api-service.ts";
import { extensionDocument, type ExtensionDocument } from "./extension-document.ts";
import type { BackendClients } from "./backend-clients.ts";
import { objectAt, textAt } from "./json-path.ts";
import type { Json, JsonObject } from "./kube-object.ts";
import type { ObjectStore } from "./object-store.ts";
import { openApiKey } from "./openapi.ts";
import { apiServices } from "./resource-type.ts";
import { RetryQueue } from "./retry-queue.ts";
import type { User } from "./user.ts";

export interface OpenApiOptions {
  readonly store: ObjectStore;
  readonly backends: BackendClients;
  readonly openApiMs: number;
  readonly log: (message: string) => void;
}

interface ServerDocuments {
  /** The v2 document, cut down to the version's own paths. */
  readonly v2: JsonObject;
  /** Where the v3 document of the version is, path and query; `undefined`: it has none. */
  readonly v3Url: string | undefined;
  readonly v2Etag: string;
  /** The server has no v2 document: never ask again until its APIService changes. */
  readonly lacksV2: boolean;
}

const reader: User = { name: "system:aggregator", uid: "", groups: [], extra: new Map() };
const timeoutMs = 60_000;
const nothing: ServerDocuments = { v2: {}, v3Url: undefined, v2Etag: "", lacksV2: false };

export class OpenApiAggregation {
  readonly #options: OpenApiOptions;
  readonly #queue: RetryQueue;
  readonly #unsubscribe: () => void;
  readonly #documents = new Map<string, ServerDocuments>();

  constructor(options: OpenApiOptions) {
    this.#options = options;
    const work = (name: string): Promise<"done" | "gone" | "retry"> => this.#sync(name);
    this.#queue = new RetryQueue({ work, repeatMs: options.openApiMs, firstRetryMs: 60_000, lastRetryMs: 3_600_000 });
    this.#unsubscribe = options.store.subscribe(apiServices, ({ object }) => {
      const known = this.#documents.get(object.metadata.name);
      if (known?.lacksV2 === true) this.#documents.set(object.metadata.name, { ...known, lacksV2: false });
      this.#queue.add(object.metadata.name);
    });
  }

  /** `own` with the paths and definitions of every extension server. Of two definitions with one name the first is kept. */
  mergedV2(own: JsonObject): JsonObject {
    let paths = objectAt(own, "paths");
    let definitions = objectAt(own, "definitions");
    for (const { v2 } of this.#documents.values()) {
      paths = { ...objectAt(v2, "paths"), ...paths };
      definitions = { ...objectAt(v2, "definitions"), ...definitions };
    }
    return { ...own, paths, definitions };
  }

  /** Entries of the v3 index: `apis/metrics.k8s.io/v1` and where its document is. */
  v3Entries(): readonly (readonly [string, string])[] {
    const entries: [string, string][] = [];
    for (const [name, { v3Url }] of this.#documents) {
      const object = this.#options.store.find(apiServices, "", name);
      if (object === undefined || v3Url === undefined) continue;
      const { group, version } = readApiService(object);
      entries.push([openApiKey(group, version), v3Url]);
    }
    return entries;
  }

  close(): void {
    this.#unsubscribe();
    this.#queue.close();
  }

  async #sync(name: string): Promise<"done" | "gone" | "retry"> {
    const object = this.#options.store.find(apiServices, "", name);
    const apiService = object && readApiService(object);
    if (apiService?.service === undefined) {
      this.#documents.delete(name);
      return "gone";
    }
    // Its own change back to available asks again; until then there is nobody to ask.
    if (!apiService.isAvailable) return "gone";
    try {
      this.#documents.set(name, await this.#fetch(apiService, apiService.service));
      return "done";
    } catch (error) {
      this.#options.log(`OpenAPI of ${name}: ${(error as Error).message}`);
      return "retry";
    }
  }

  async #fetch(apiService: ApiService, service: ServiceReference): Promise<ServerDocuments> {
    const known = this.#documents.get(apiService.name) ?? nothing;
    const get = (target: string, headers: Readonly<Record<string, string>>): Promise<ExtensionDocument> =>
      extensionDocument(this.#options, { apiService, service, target, headers, user: reader, timeoutMs });
    const index = await get("/openapi/v3", {});
    const v3Url = textAt(index.body, "paths", openApiKey(apiService.group, apiService.version), "serverRelativeURL");
    const v3 = { v3Url: index.statusCode === 200 && v3Url !== "" ? v3Url : undefined };
    if (known.lacksV2) return { ...known, ...v3 };
    const condition = known.v2Etag === "" ? {} : { "If-None-Match": known.v2Etag };
    const v2 = await get("/openapi/v2", { Accept: "application/json", ...condition });
    if (v2.statusCode === 304) return { ...known, ...v3 };
    if (v2.statusCode === 404) return { ...nothing, ...v3, lacksV2: true };
    if (v2.statusCode !== 200) throw new Error(`/openapi/v2 answered ${v2.statusCode}`);
    return { v2: ownPaths(v2.body, apiService), v2Etag: v2.headers.etag ?? "", lacksV2: false, ...v3 };
  }
}

function ownPaths(document: Json, { group, version }: ApiService): JsonObject {
  const prefix = `/${openApiKey(group, version)}/`;
  const paths = Object.entries(objectAt(document, "paths")).filter(([path]) => path.startsWith(prefix));
  return { paths: Object.fromEntries(paths), definitions: objectAt(document, "definitions") };
}
