import { systemClock, type Clock } from "./clock.ts";
import type { ClusterConnection } from "./cluster-connection.ts";
import type { KubeRequest } from "./kube-request.ts";
import type { CollectionObserver, CollectionStatus } from "./collection-status.ts";
import { asObject, type ApiObject } from "./api-object.ts";
import { CollectionFailures } from "./internal/collection-failures.ts";
import { requestFailed } from "./internal/failed-answer.ts";
import { Lines } from "./internal/lines.ts";
import { pagedList } from "./internal/paged-list.ts";
import { pause } from "./internal/pause.ts";
import { KubeAnswerInvalid, KubeUnreachable, type KubeRequestFailed } from "./kube-error.ts";
import { requestText, type ResourceLocation } from "./resource-location.ts";

/** Where the objects of a collection go. Called synchronously; an object is JSON as decoded and may be kept in parts. */
export interface CollectionSink {
  /** New or changed. `generation` grows with every list. */
  put(object: ApiObject, generation: number): void;
  remove(object: ApiObject): void;
  /** A list is complete: whatever was not put with this generation or a later one is gone. */
  sweep(generation: number): void;
  /** Objects kept. */
  size(): number;
}

/** Which objects, and in which form. */
export interface CollectionSource {
  readonly path: string;
  readonly location: ResourceLocation;
  readonly query?: Readonly<Record<string, string>>;
  /** Of the list; watches take `watchAccept`. Default `application/json`. */
  readonly listAccept?: string;
  readonly watchAccept?: string;
}

export interface ListWatchOptions {
  readonly clock?: Clock;
  /** 0 ≤ number < 1. */
  readonly random?: () => number;
  /** A watch without a byte for this long is given up. The server sends bookmarks about every minute. Default 2 minutes. */
  readonly silenceMs?: number;
  readonly observer?: CollectionObserver;
}

const longestLineBytes = 32 * 1024 * 1024;
/** A watch that ends sooner than this without an event counts as a failure; after one with events the next begins no sooner. */
const shortestWatchMs = 1_000;
/** A watch that lasted this long was healthy, even if nothing happened in it: waits start small again. An event alone is no proof. */
const healthyWatchMs = 10_000;

/**
 * Follows a collection: lists it in pages, watches from there, and starts again after every error, with growing and jittered waits.
 * Nothing but `close` ends it, its own or that of its connection, and until then it keeps the process alive.
 *
 * A broken watch goes on from the last resource version, bookmarks included; a 410 or a refusal leads to a new list. The sink keeps what it
 * has meanwhile: stale data with a `failure` in the status.
 */
export class ListWatch {
  readonly #connection: ClusterConnection;
  readonly #source: CollectionSource;
  readonly #sink: CollectionSink;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #silenceMs: number;
  readonly #observer: CollectionObserver;
  readonly #name: string;
  readonly #failures: CollectionFailures;
  readonly #stop = new AbortController();
  readonly #counts = { lists: 0, watches: 0, events: 0, unparsableLines: 0 };
  #running: Promise<void> | undefined;
  #synced = false;
  #generation = 0;
  /** Where to watch from; `undefined`: list first. */
  #resourceVersion: string | undefined;

  constructor(
    connection: ClusterConnection,
    source: CollectionSource,
    sink: CollectionSink,
    options: ListWatchOptions = {},
  ) {
    this.#connection = connection;
    this.#source = source;
    this.#sink = sink;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#silenceMs = options.silenceMs ?? 120_000;
    this.#observer = options.observer ?? {};
    this.#name = requestText("list", source.location).slice("list ".length);
    this.#failures = new CollectionFailures(this.#name, this.#clock, this.#random, this.#observer);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the list or watch under way. What was read stays in the sink. */
  async close(): Promise<void> {
    this.#stop.abort(new KubeUnreachable("CLOSED", `the cache of ${this.#name} was closed`));
    await this.#running;
  }

  get status(): CollectionStatus {
    return {
      synced: this.#synced,
      failure: this.#failures.current?.error,
      failingSinceMs: this.#failures.current?.sinceMs,
      failures: this.#failures.count,
      objects: this.#sink.size(),
      ...this.#counts,
    };
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        await this.#watch(this.#resourceVersion ?? "");
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const { waitMs, listsAgain } = this.#failures.add(error);
        if (this.#connection.closed.aborted) return;
        if (listsAgain) this.#resourceVersion = undefined;
        await this.#pause(waitMs);
      }
    }
  }

  async #list(): Promise<void> {
    this.#generation++;
    const version = await pagedList(
      this.#connection,
      this.#request("list", this.#source.query ?? {}, this.#source.listAccept),
      () => this.#generation++,
      (object) => this.#sink.put(object, this.#generation),
    );
    this.#sink.sweep(this.#generation);
    this.#counts.lists++;
    this.#resourceVersion = version;
    const isFirst = !this.#synced;
    this.#synced = true;
    if (isFirst) this.#observer.synced?.(this.#name, this.#sink.size());
  }

  async #watch(from: string): Promise<void> {
    const startedMs = this.#clock.now();
    const eventsBefore = this.#counts.events;
    const query = {
      ...this.#source.query,
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: from,
      // The server ends the watch between 5 and 10 minutes; the spread keeps clients from coming back together.
      timeoutSeconds: String(300 + Math.floor(this.#random() * 300)),
    };
    const stream = await this.#connection.stream({
      ...this.#request("watch", query, this.#source.watchAccept),
      timeoutMs: 30_000,
      silenceMs: this.#silenceMs,
    });
    this.#counts.watches++;
    this.#failures.recovered();
    const lines = new Lines(longestLineBytes);
    try {
      for await (const chunk of stream) for (const line of lines.push(chunk)) this.#event(line);
    } catch (error) {
      // The connection went, which is how watches end when a server restarts. Only a failing next try is worth reporting.
      if (!(error instanceof KubeUnreachable) || this.#failures.isInARow) throw error;
      await this.#pause(this.#failures.addUnreported(error.code === "TIMED_OUT"));
      return;
    } finally {
      if (this.#clock.now() - startedMs >= healthyWatchMs) this.#failures.endRow();
    }
    const shortByMs = shortestWatchMs - (this.#clock.now() - startedMs);
    if (shortByMs <= 0) return;
    if (this.#counts.events > eventsBefore) await this.#pause(shortByMs);
    else throw new KubeUnreachable("INTERRUPTED", `the watch of ${this.#name} ended as soon as it began`);
  }

  #event(line: string): void {
    const event = parsedEvent(line);
    const object = event === undefined ? undefined : asObject(event.object);
    if (event === undefined || object === undefined) {
      this.#counts.unparsableLines++;
      // An event was lost. The server sends it again when the watch starts over from the last version.
      throw new KubeAnswerInvalid(`a line of the watch of ${this.#name} is not an event: ${line.slice(0, 80)}`);
    }
    if (event.type === "ERROR") throw this.#errorEvent(object);
    if (event.type === "ADDED" || event.type === "MODIFIED") this.#sink.put(object, this.#generation);
    else if (event.type === "DELETED") this.#sink.remove(object);
    const version = object.metadata?.resourceVersion;
    if (version !== undefined && version !== "") this.#resourceVersion = version;
    this.#counts.events++;
  }

  #errorEvent(status: object): KubeRequestFailed {
    const code = (status as { code?: unknown }).code;
    const asked = { verb: "watch", location: this.#source.location, path: this.#source.path } as const;
    return requestFailed(
      asked,
      typeof code === "number" ? code : 500,
      JSON.stringify({ kind: "Status", ...status }),
      undefined,
    );
  }

  #request(verb: "list" | "watch", query: Readonly<Record<string, string>>, accept: string | undefined): KubeRequest {
    return { verb, location: this.#source.location, path: this.#source.path, query, accept, signal: this.#stop.signal };
  }

  #pause(delayMs: number): Promise<void> {
    return pause(this.#clock, delayMs, [this.#stop.signal, this.#connection.closed]);
  }
}

function parsedEvent(line: string): { readonly type?: unknown; readonly object?: unknown } | undefined {
  try {
    return asObject(JSON.parse(line)) as { type?: unknown; object?: unknown } | undefined;
  } catch {
    return undefined;
  }
}
