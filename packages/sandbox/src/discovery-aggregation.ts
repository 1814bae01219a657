/**
 * Knows which resources extension servers offer: one aggregated document a Service, the old document of each version where a server has no
 * aggregated one.
 *
 * @see kube-aggregator `pkg/apiserver/handler_discovery.go`
 */
import { readApiService, type ApiService, type ServiceReference } from "./api-service.ts";
import type { BackendClients } from "./backend-clients.ts";
import {
  aggregatedContentType,
  discoveryFromResourceList,
  wantsAggregatedDiscovery,
  type DiscoveredVersion,
} from "./discovery.ts";
import { extensionDocument, type ExtensionDocument } from "./extension-document.ts";
import { itemsAt, isObject, textAt } from "./json-path.ts";
import type { Json } from "./kube-object.ts";
import type { ObjectStore } from "./object-store.ts";
import { apiServices } from "./resource-type.ts";
import { RetryQueue } from "./retry-queue.ts";
import type { User } from "./user.ts";

export interface DiscoveryOptions {
  readonly store: ObjectStore;
  readonly backends: BackendClients;
  readonly discoveryMs: number;
  readonly log: (message: string) => void;
}

interface CachedDocument {
  /** By `group/version`. */
  readonly versions: ReadonlyMap<string, Json>;
  readonly etag: string;
}

/** The aggregated document is asked for as an administrator, the old one as nobody in particular: servers must let both in. */
const privileged: User = { name: "system:kube-aggregator", uid: "", groups: ["system:masters"], extra: new Map() };
const plain: User = { name: "system:kube-aggregator", uid: "", groups: [], extra: new Map() };
const timeoutMs = 5_000;

export class DiscoveryAggregation {
  readonly #options: DiscoveryOptions;
  readonly #queue: RetryQueue;
  readonly #unsubscribe: () => void;
  readonly #byService = new Map<string, CachedDocument>();
  readonly #known = new Map<string, DiscoveredVersion>();

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#queue = new RetryQueue({
      work: (name) => this.#sync(name),
      repeatMs: options.discoveryMs,
      firstRetryMs: 500,
      lastRetryMs: options.discoveryMs,
    });
    this.#unsubscribe = options.store.subscribe(apiServices, ({ object }) => this.#queue.add(object.metadata.name));
  }

  /** What is known of a version; one that was never fetched is stale and empty. */
  version(apiService: ApiService): DiscoveredVersion {
    return this.#known.get(apiService.name) ?? stale(apiService);
  }

  close(): void {
    this.#unsubscribe();
    this.#queue.close();
  }

  async #sync(name: string): Promise<"done" | "gone" | "retry"> {
    const object = this.#options.store.find(apiServices, "", name);
    const apiService = object && readApiService(object);
    if (apiService?.service === undefined) {
      this.#known.delete(name);
      this.#forgetUnusedServices();
      return "gone";
    }
    try {
      this.#known.set(name, await this.#fetch(apiService, apiService.service));
      return "done";
    } catch (error) {
      const last = this.#known.get(name) ?? stale(apiService);
      this.#known.set(name, { ...last, freshness: "Stale" });
      this.#options.log(`discovery of ${name}: ${(error as Error).message}`);
      return "retry";
    }
  }

  #forgetUnusedServices(): void {
    const used = new Set<string>();
    for (const object of this.#options.store.list(apiServices)) {
      const { service } = readApiService(object);
      if (service !== undefined) used.add(keyOf(service));
    }
    for (const key of this.#byService.keys()) if (!used.has(key)) this.#byService.delete(key);
  }

  async #fetch(apiService: ApiService, service: ServiceReference): Promise<DiscoveredVersion> {
    const serviceKey = keyOf(service);
    const cached = this.#byService.get(serviceKey);
    const condition = cached === undefined || cached.etag === "" ? {} : { "If-None-Match": cached.etag };
    const accept = { Accept: aggregatedContentType };
    const answer = await this.#get(apiService, service, "/apis", { ...accept, ...condition }, privileged);
    if (answer.statusCode === 304 && cached !== undefined) return fromDocument(apiService, cached);
    if (answer.statusCode === 200 && wantsAggregatedDiscovery(answer.headers["content-type"])) {
      const document = { versions: versionsOf(answer.body), etag: answer.headers.etag ?? "" };
      this.#byService.set(serviceKey, document);
      return fromDocument(apiService, document);
    }
    const { group, version } = apiService;
    const path = `/apis/${group}/${version}`;
    const old = await this.#get(apiService, service, path, { Accept: "application/json", ...condition }, plain);
    if (old.statusCode !== 200) throw new Error(`failed to download legacy discovery for ${path}: ${old.statusCode}`);
    return discoveryFromResourceList(group, version, itemsAt(old.body, "resources").filter(isObject));
  }

  async #get(
    apiService: ApiService,
    service: ServiceReference,
    target: string,
    headers: Readonly<Record<string, string>>,
    user: User,
  ): Promise<ExtensionDocument> {
    if (!apiService.isAvailable) throw new Error("the service is not available");
    return extensionDocument(this.#options, { apiService, service, target, headers, user, timeoutMs });
  }
}

function keyOf({ namespace, name, port }: ServiceReference): string {
  return `${namespace}/${name}:${port}`;
}

function versionsOf(document: Json): ReadonlyMap<string, Json> {
  const versions = new Map<string, Json>();
  for (const group of itemsAt(document, "items")) {
    for (const version of itemsAt(group, "versions")) {
      versions.set(`${textAt(group, "metadata", "name")}/${textAt(version, "version")}`, itemsAt(version, "resources"));
    }
  }
  return versions;
}

/** A version the server's document does not name is listed all the same, with no resources. */
function fromDocument({ group, version }: ApiService, document: CachedDocument): DiscoveredVersion {
  return { group, version, freshness: "Current", resources: document.versions.get(`${group}/${version}`) ?? [] };
}

function stale({ group, version }: ApiService): DiscoveredVersion {
  return { group, version, freshness: "Stale", resources: [] };
}
