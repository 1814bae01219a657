/** get, list and watch of stored objects. */
import { badRequest, expired, goQuote, StatusError } from "@kubemetrics/apimachinery";
import type { ServerResponse } from "node:http";
import { sendJson } from "./http-answer.ts";
import { at } from "./json-path.ts";
import type { Json, JsonObject, KubeObject } from "./kube-object.ts";
import { parseListOptions, type ListOptions } from "./list-options.ts";
import type { ObjectStore } from "./object-store.ts";
import { listInView, objectInView, type View } from "./object-view.ts";
import type { ResourceType } from "./resource-type.ts";
import { WatchStream, type WatchContext } from "./watch-stream.ts";

export type ReadContext = WatchContext;

export function sendObject(
  context: ReadContext,
  response: ServerResponse,
  type: ResourceType,
  object: KubeObject,
  view: View,
  code = 200,
): void {
  sendJson(response, code, objectInView(type, object, view, context.clock()));
}

/** Answers a list or a watch, whichever the query asks for. `namespace` undefined: all namespaces. */
export function sendCollection(
  context: ReadContext,
  response: ServerResponse,
  type: ResourceType,
  namespace: string | undefined,
  query: URLSearchParams,
  view: View,
): void {
  const options = parseListOptions(query, type);
  const fault = resourceVersionFault(options.resourceVersion);
  if (fault !== "") {
    if (!options.isWatch) throw badRequest(`invalid resource version: ${fault}`);
    // Upstream's watch cache does not say whose fault it is.
    throw new StatusError({ status: "Failure", message: fault, code: 500 });
  }
  if (options.isWatch) new WatchStream(context, response, type, namespace, options, view).start();
  else sendList(context, response, type, namespace, options, view);
}

function sendList(
  { store, clock }: ReadContext,
  response: ServerResponse,
  type: ResourceType,
  namespace: string | undefined,
  options: ListOptions,
  view: View,
): void {
  const page = options.continueToken === "" ? undefined : readContinueToken(store, type, options.continueToken);
  if (page === undefined) refuseFutureVersion(store, options.resourceVersion);
  const selected: KubeObject[] = [];
  let lastKey = "";
  let next: string | undefined;
  for (const [key, object] of store.entries(type, namespace, page?.after)) {
    if (!options.matches(object)) continue;
    if (options.limit > 0 && selected.length === options.limit) {
      next = lastKey;
      break;
    }
    selected.push(object);
    lastKey = key;
  }
  // Later pages carry the version of the first one: whoever watches from it gets every change made between the pages.
  const version = page?.version ?? store.version;
  const metadata: JsonObject = {
    resourceVersion: String(version),
    ...(next !== undefined && {
      continue: Buffer.from(JSON.stringify({ version, after: next })).toString("base64url"),
    }),
  };
  sendJson(response, 200, listInView(type, selected, metadata, view, clock()));
}

/** What is wrong with a resource version, in the words of Go; empty when it can be read. */
function resourceVersionFault(text: string): string {
  if (text === "") return "";
  const isNumber = /^\d+$/.test(text);
  if (isNumber && BigInt(text) < 2n ** 64n) return "";
  const fault = isNumber ? "value out of range" : "invalid syntax";
  return `resourceVersion: Invalid value: ${goQuote(text)}: strconv.ParseUint: parsing ${goQuote(text)}: ${fault}`;
}

function refuseFutureVersion(store: ObjectStore, resourceVersion: string): void {
  const wanted = Number(resourceVersion);
  if (wanted <= store.version) return;
  throw new StatusError({
    status: "Failure",
    message: `Timeout: Too large resource version: ${wanted}, current: ${store.version}`,
    reason: "Timeout",
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
    code: 504,
  });
}

function readContinueToken(store: ObjectStore, type: ResourceType, token: string): { version: number; after: string } {
  let page: Json;
  try {
    page = JSON.parse(Buffer.from(token, "base64url").toString()) as Json;
  } catch {
    throw badRequest("invalid continue token: continue key is not valid: it was not made by this server");
  }
  const version = at(page, "version");
  const after = at(page, "after");
  if (typeof version !== "number" || typeof after !== "string")
    throw badRequest("invalid continue token: continue key is not valid");
  try {
    store.changesSince(type, version);
  } catch {
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    );
  }
  return { version, after };
}
