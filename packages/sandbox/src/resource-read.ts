/** get, list and watch of stored objects. */
import { badRequest, expired, goQuote, StatusError } from "@kubemetrics/apimachinery";
import type { ServerResponse } from "node:http";
import { sendJson, statusBody } from "./http-answer.ts";
import { at } from "./json-path.ts";
import type { Json, JsonObject, KubeObject } from "./kube-object.ts";
import { parseListOptions, type ListOptions } from "./list-options.ts";
import type { Change, ObjectStore } from "./object-store.ts";
import { listInView, objectInView, type View } from "./object-view.ts";
import { apiVersionOf, type ResourceType } from "./resource-type.ts";

export interface ReadContext {
  readonly store: ObjectStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Between bookmarks of a watch that wants them. */
  readonly bookmarkMs: number;
}

const defaultWatchTimeoutMs = 30 * 60_000;

/** Of changes that a watcher has not read yet. The slower one is cut off: it lists and watches anew. */
const watchBacklogBytes = 16 * 1024 * 1024;

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

/** One watch: changes from a version on, as JSON lines, until the client leaves, falls behind or the timeout passes. */
class WatchStream {
  readonly #context: ReadContext;
  readonly #response: ServerResponse;
  readonly #type: ResourceType;
  readonly #namespace: string | undefined;
  readonly #options: ListOptions;
  readonly #view: View;
  readonly #whenOver: (() => void)[] = [];
  #backlogLimit = Infinity;

  constructor(
    context: ReadContext,
    response: ServerResponse,
    type: ResourceType,
    namespace: string | undefined,
    options: ListOptions,
    view: View,
  ) {
    this.#context = context;
    this.#response = response;
    this.#type = type;
    this.#namespace = namespace;
    this.#options = options;
    this.#view = view;
  }

  start(): void {
    const { store } = this.#context;
    this.#response.writeHead(200, { "Cache-Control": "no-cache, private", "Content-Type": "application/json" });
    this.#response.flushHeaders();
    this.#response.on("close", () => this.#stop());
    // A connection that fails is a client that leaves, no failure of the server.
    this.#response.on("error", () => this.#response.destroy());
    if (!this.#sendPast()) return;
    // What was there at the start is large in large clusters, and nobody could have read it yet.
    this.#backlogLimit = this.#response.writableLength + watchBacklogBytes;
    this.#whenOver.push(store.subscribe(this.#type, (change) => this.#sendChange(change)));
    this.#startTimers();
  }

  #startTimers(): void {
    const { wantsBookmarks, timeoutSeconds = 0 } = this.#options;
    // Longer than timers can wait is for ever to any client.
    const timeoutMs = timeoutSeconds > 0 ? Math.min(timeoutSeconds * 1000, 2 ** 31 - 1) : defaultWatchTimeoutMs;
    const end = setTimeout(() => this.#end(), timeoutMs);
    this.#whenOver.push(() => clearTimeout(end));
    if (!wantsBookmarks) return;
    const bookmarks = setInterval(() => this.#sendBookmark(), this.#context.bookmarkMs);
    this.#whenOver.push(() => clearInterval(bookmarks));
  }

  #end(): void {
    if (this.#options.wantsBookmarks) this.#sendBookmark();
    this.#stop();
    this.#response.end();
  }

  /** Nothing may be written to a response that has ended, and its last bytes can take as long as its reader likes. */
  #stop(): void {
    for (const stop of this.#whenOver.splice(0)) stop();
  }

  /** @returns whether the stream goes on */
  #sendPast(): boolean {
    const { store } = this.#context;
    const version = Number(this.#options.resourceVersion);
    if (version === 0 || this.#options.wantsInitialEvents) {
      for (const object of store.list(this.#type, this.#namespace)) {
        if (this.#options.matches(object)) this.#send("ADDED", object);
      }
      if (this.#options.wantsInitialEvents) this.#sendBookmark({ "k8s.io/initial-events-end": "true" });
      return true;
    }
    try {
      for (const change of store.changesSince(this.#type, version)) this.#sendChange(change);
      return true;
    } catch (error) {
      // A version that is too old is told inside the stream, with HTTP status 200, as the watch cache does.
      if (!(error instanceof StatusError)) throw error;
      this.#response.end(`${JSON.stringify({ type: "ERROR", object: statusBody(error.status) })}\n`);
      return false;
    }
  }

  #sendChange({ type, object, previous }: Change): void {
    if (this.#namespace !== undefined && object.metadata.namespace !== this.#namespace) return;
    const was = previous !== undefined && this.#options.matches(previous);
    const is = type !== "DELETED" && this.#options.matches(object);
    // An object that no longer fits the selectors is gone for this watch, and one that begins to fit is new.
    if (is) this.#send(was ? "MODIFIED" : "ADDED", object);
    else if (was) this.#send("DELETED", object);
  }

  #sendBookmark(annotations?: { readonly [key: string]: string }): void {
    const metadata = {
      name: "",
      resourceVersion: String(this.#context.store.version),
      ...(annotations && { annotations }),
    };
    this.#send("BOOKMARK", { kind: this.#type.kind, apiVersion: apiVersionOf(this.#type), metadata });
  }

  #send(type: string, object: KubeObject): void {
    const shown = objectInView(this.#type, object, this.#view, this.#context.clock());
    this.#response.write(`${JSON.stringify({ type, object: shown })}\n`);
    if (this.#response.writableLength <= this.#backlogLimit) return;
    this.#stop();
    this.#response.destroy();
  }
}
