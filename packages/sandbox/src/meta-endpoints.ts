/** Everything an API server says about itself: health, version, discovery, OpenAPI. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { apiGroupDocument, readApiService, sortedByGroup, type ApiService } from "./api-service.ts";
import {
  aggregatedContentType,
  aggregatedDocument,
  entityTag,
  ownDiscovery,
  ownGroupVersions,
  resourceListDocument,
  wantsAggregatedDiscovery,
  type DiscoveredVersion,
} from "./discovery.ts";
import type { DiscoveryAggregation } from "./discovery-aggregation.ts";
import { sendJson, sendText } from "./http-answer.ts";
import type { Json, JsonObject } from "./kube-object.ts";
import type { ObjectStore } from "./object-store.ts";
import { openApiKey, openApiV2, openApiV3 } from "./openapi.ts";
import type { OpenApiAggregation } from "./openapi-aggregation.ts";
import type { RequestTarget } from "./request-target.ts";
import { apiServices } from "./resource-type.ts";

export interface MetaContext {
  readonly store: ObjectStore;
  readonly discovery: DiscoveryAggregation;
  readonly openApi: OpenApiAggregation;
}

const version: JsonObject = {
  major: "1",
  minor: "37",
  emulationMajor: "1",
  emulationMinor: "37",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "36",
  gitVersion: "v1.37.2",
  gitCommit: "0000000000000000000000000000000000000000",
  gitTreeState: "clean",
  buildDate: "2026-10-01T00:00:00Z",
  goVersion: "go1.26.8",
  compiler: "gc",
  platform: "linux/amd64",
};

/** The group that has no APIService of its own: it comes first, whatever others claim. */
const registrationGroup = "apiregistration.k8s.io";

/** Answers a request for no resource. @returns false when there is nothing at that path */
export function serveMeta(
  context: MetaContext,
  request: IncomingMessage,
  response: ServerResponse,
  target: RequestTarget,
): boolean {
  const [first = "", second, third] = target.steps;
  switch (first) {
    case "":
      sendJson(response, 200, {
        paths: ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"],
      });
      return true;
    case "healthz":
    case "livez":
    case "readyz":
      sendHealth(response, first, target.query.has("verbose"));
      return true;
    case "version":
      sendJson(response, 200, JSON.stringify(version, undefined, 2));
      return true;
    case "openapi":
      return serveOpenApi(context, request, response, target.steps.slice(1));
    case "api":
      if (second !== undefined) return sendIfThere(response, resourceListDocument("", second));
      if (wantsAggregatedDiscovery(request.headers.accept)) sendAggregated(request, response, [ownDiscovery("", "v1")]);
      else sendJson(response, 200, { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] });
      return true;
    case "apis":
      if (second === undefined) sendGroups(context, request, response);
      else if (third === undefined) return sendIfThere(response, groupDocument(context, second));
      else return sendIfThere(response, resourceListDocument(second, third));
      return true;
    default:
      return false;
  }
}

function sendHealth(response: ServerResponse, endpoint: string, isVerbose: boolean): void {
  sendText(response, 200, isVerbose ? `[+]ping ok\n[+]etcd ok\n${endpoint} check passed` : "ok");
}

function sendGroups(context: MetaContext, request: IncomingMessage, response: ServerResponse): void {
  const groups = groupsInOrder(context.store);
  if (wantsAggregatedDiscovery(request.headers.accept)) {
    const versions = groups.flat().map((service): DiscoveredVersion => {
      return service.service === undefined
        ? ownDiscovery(service.group, service.version)
        : context.discovery.version(service);
    });
    return sendAggregated(request, response, versions);
  }
  sendJson(response, 200, { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(apiGroupDocument) });
}

function groupDocument(context: MetaContext, name: string): JsonObject | undefined {
  const group = groupsInOrder(context.store).find((services) => services[0]?.group === name);
  return group === undefined ? undefined : { kind: "APIGroup", apiVersion: "v1", ...apiGroupDocument(group) };
}

/** All groups but the legacy one. */
function groupsInOrder(store: ObjectStore): readonly (readonly ApiService[])[] {
  const registration: ApiService = {
    ...readApiService({ apiVersion: "", kind: "", metadata: { name: `v1.${registrationGroup}` } }),
    group: registrationGroup,
    version: "v1",
  };
  const others = sortedByGroup([...store.list(apiServices)].map(readApiService));
  return [[registration], ...others.filter((services) => services[0]?.group !== "")];
}

function sendAggregated(
  request: IncomingMessage,
  response: ServerResponse,
  versions: readonly DiscoveredVersion[],
): void {
  sendTagged(request, response, aggregatedDocument(versions), aggregatedContentType);
}

function serveOpenApi(
  context: MetaContext,
  request: IncomingMessage,
  response: ServerResponse,
  steps: readonly string[],
): boolean {
  const [kind, ...rest] = steps;
  if (kind === "v2" && rest.length === 0) {
    // Clients that take nothing but protobuf are told so.
    if (!acceptsJson(request.headers.accept)) {
      response.writeHead(406).end();
      return true;
    }
    sendTagged(request, response, context.openApi.mergedV2(openApiV2()), "application/json");
    return true;
  }
  if (kind !== "v3") return false;
  if (rest.length === 0) {
    sendJson(response, 200, openApiIndex(context));
    return true;
  }
  const [group, groupVersion] = rest[0] === "api" ? ["", rest[1] ?? ""] : [rest[1] ?? "", rest[2] ?? ""];
  return sendIfThere(response, openApiV3(group, groupVersion));
}

function openApiIndex({ openApi }: MetaContext): JsonObject {
  const own = ownGroupVersions().map(({ group, version: name }): [string, string] => {
    const key = openApiKey(group, name);
    const hash = entityTag(JSON.stringify(openApiV3(group, name))).slice(1, -1);
    return [key, `/openapi/v3/${key}?hash=${hash}`];
  });
  const paths = [...own, ...openApi.v3Entries()].map(
    ([key, serverRelativeURL]) => [key, { serverRelativeURL }] as const,
  );
  return { paths: Object.fromEntries(paths) };
}

function acceptsJson(accept: string | undefined): boolean {
  return accept === undefined || /(?:application\/json|application\/\*|\*\/\*)/.test(accept);
}

function sendIfThere(response: ServerResponse, document: Json | undefined): boolean {
  if (document === undefined) return false;
  sendJson(response, 200, document);
  return true;
}

function sendTagged(
  request: IncomingMessage,
  response: ServerResponse,
  document: JsonObject,
  contentType: string,
): void {
  const text = JSON.stringify(document);
  const etag = entityTag(text);
  response.setHeader("ETag", etag);
  response.setHeader("Vary", "Accept");
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304).end();
    return;
  }
  const bytes = Buffer.from(text);
  response.writeHead(200, { "Content-Type": contentType, "Content-Length": bytes.length, "Cache-Control": "public" });
  response.end(bytes);
}
