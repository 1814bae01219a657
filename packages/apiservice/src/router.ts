/** Which handler answers a path. Looks at the RequestInfo and nothing else, so that it serves what was authorized. */
import { goJson, compareBytes } from "@kubemetrics/apimachinery";
import { AggregatedDiscovery, type DiscoveryVersion } from "./aggregated-discovery.ts";
import { groupDocument, groupListDocument, resourceListDocument } from "./discovery.ts";
import type { Exchange } from "./exchange.ts";
import type { Handler } from "./filter.ts";
import type { NegotiatedDocument } from "./negotiated-document.ts";
import type { MaybePromise, Reply } from "./reply.ts";
import { methodNotAllowed, notServed, serveResource, type ResourceSettings } from "./resource-handler.ts";
import type { ApiGroup } from "./resource.ts";
import { ResourceTable } from "./served-resource.ts";

export interface RouterOptions {
  readonly groups: readonly ApiGroup[];
  readonly serverAddress: string;
  readonly discoveryVersions: readonly DiscoveryVersion[];
  readonly resources: ResourceSettings;
  /** Handlers of exact paths outside `/apis`: health, metrics, version, OpenAPI. */
  readonly paths: ReadonlyMap<string, Handler>;
  /** Handlers of everything below a path; keys end in `/`. */
  readonly prefixes: ReadonlyMap<string, Handler>;
}

export function router(options: RouterOptions): Handler {
  const { groups, resources } = options;
  const table = new ResourceTable(groups);
  const exact = new Map(options.paths);
  const listed = [...options.paths.keys(), ...options.prefixes.keys(), "/apis"];
  const root = groupListDocument(groups, options.serverAddress);
  const aggregated = new AggregatedDiscovery(groups, options.discoveryVersions);
  const serveRoot = getOnly((exchange) => aggregated.answer(exchange) ?? root.serve(exchange));
  exact.set("/apis", serveRoot).set("/apis/", serveRoot);
  for (const group of groups) {
    listed.push(`/apis/${group.name}`, ...group.versions.map(({ version }) => `/apis/${group.name}/${version}`));
    addDocument(exact, `/apis/${group.name}`, groupDocument(group));
    for (const version of group.versions) {
      addDocument(exact, `/apis/${group.name}/${version.version}`, resourceListDocument(group.name, version));
    }
  }
  const index = Buffer.from(goJson({ paths: listed.toSorted(compareBytes) }, 2));
  const indexReply = (status: number): Reply => ({
    status,
    headers: { "content-type": "application/json" },
    segments: [index],
  });
  const [found, missing] = [indexReply(200), indexReply(404)];
  exact.set("/", () => found).set("/index.html", () => found);
  const prefixes = [...options.prefixes];
  const groupPrefixes = groups.map((group) => `/apis/${group.name}/`);

  return (exchange): MaybePromise<Reply> => {
    const { info } = exchange;
    if (info.isResourceRequest) {
      const target = table.find(info);
      if (target !== undefined) return serveResource(target, exchange, resources);
    }
    const handler = exact.get(info.path);
    if (handler !== undefined) return handler(exchange);
    if (groupPrefixes.some((prefix) => info.path.startsWith(prefix))) return notServed(exchange);
    return prefixes.find(([prefix]) => info.path.startsWith(prefix))?.[1](exchange) ?? missing;
  };
}

function addDocument(paths: Map<string, Handler>, path: string, document: NegotiatedDocument): void {
  const serve = getOnly((exchange) => document.serve(exchange));
  paths.set(path, serve).set(`${path}/`, serve);
}

/** Discovery knows no other method, HEAD included. */
export function getOnly(serve: (exchange: Exchange) => MaybePromise<Reply>): Handler {
  return (exchange) => (exchange.method === "GET" ? serve(exchange) : methodNotAllowed(exchange));
}
