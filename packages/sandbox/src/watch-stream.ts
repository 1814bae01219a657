/** One watch: changes from a version on, as JSON lines, until the client leaves, falls behind or the timeout passes. */
import { StatusError } from "@kubemetrics/apimachinery";
import type { ServerResponse } from "node:http";
import { statusBody } from "./http-answer.ts";
import type { KubeObject } from "./kube-object.ts";
import type { ListOptions } from "./list-options.ts";
import type { Change, ObjectStore } from "./object-store.ts";
import { objectInView, type View } from "./object-view.ts";
import { apiVersionOf, type ResourceType } from "./resource-type.ts";

export interface WatchContext {
  readonly store: ObjectStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Between bookmarks of a watch that wants them. */
  readonly bookmarkMs: number;
}

const defaultWatchTimeoutMs = 30 * 60_000;

/** Of changes that a watcher has not read yet. The slower one is cut off: it lists and watches anew. */
const watchBacklogBytes = 16 * 1024 * 1024;

export class WatchStream {
  readonly #context: WatchContext;
  readonly #response: ServerResponse;
  readonly #type: ResourceType;
  readonly #namespace: string | undefined;
  readonly #options: ListOptions;
  readonly #view: View;
  readonly #whenOver: (() => void)[] = [];
  #backlogLimit = Infinity;

  constructor(
    context: WatchContext,
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
