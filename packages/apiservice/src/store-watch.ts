/** Watches over an object store: what a selector sees of its changes. */
import type { JsonObject } from "./object-answer.ts";
import type { ObjectStore, StoreChange } from "./object-store.ts";
import type { WatchEvent } from "./resource.ts";

export interface WatchStart {
  /** `""` and `"0"`: first everything there is, then changes. Else changes after that version. */
  readonly resourceVersion: string;
  /** First everything there is, then a bookmark that says so, then changes. */
  readonly sendInitialEvents: boolean;
  readonly selects: (object: JsonObject) => boolean;
  /** Of the bookmark. */
  readonly apiVersion: string;
  readonly kind: string;
}

/** A watcher that lags further behind is ended: its client lists anew. */
const longestBacklog = 1000;
/** Events already taken that a watch keeps in memory at most. */
const keptBehind = 1000;

/** Starts at once: no change between the call and the first step of the iteration is lost. */
export function watchStore(
  store: ObjectStore,
  namespace: string | undefined,
  start: WatchStart,
  signal: AbortSignal,
): AsyncIterable<WatchEvent> {
  const isFromNow = start.sendInitialEvents || start.resourceVersion === "" || start.resourceVersion === "0";
  const backlog = new Backlog(signal);
  const isInside = (change: StoreChange): boolean => {
    const object = change.after ?? change.before ?? {};
    const metadata = object["metadata"] as JsonObject;
    return namespace === undefined || metadata["namespace"] === namespace;
  };
  const add = (change: StoreChange): void => {
    const event = isInside(change) ? eventOf(change, start.selects) : undefined;
    if (event !== undefined) backlog.add(event);
  };
  const remembered = isFromNow ? [] : store.since(Number(start.resourceVersion));
  if (isFromNow) {
    for (const object of store.list(namespace)) if (start.selects(object)) backlog.add({ type: "ADDED", object });
    if (start.sendInitialEvents) backlog.add(initialEventsEnd(store, start));
  }
  for (const change of remembered) add(change);
  backlog.started();
  backlog.stopListening = store.listen(add);
  return backlog;
}

/** Entering the selection is an arrival, leaving it a departure. */
function eventOf({ before, after, version }: StoreChange, selects: WatchStart["selects"]): WatchEvent | undefined {
  const was = before !== undefined && selects(before);
  if (after !== undefined && selects(after)) return { type: was ? "MODIFIED" : "ADDED", object: after };
  if (!was) return undefined;
  const metadata = { ...((after ?? before)["metadata"] as JsonObject), resourceVersion: String(version) };
  return { type: "DELETED", object: { ...before, metadata } };
}

function initialEventsEnd(store: ObjectStore, { apiVersion, kind }: WatchStart): WatchEvent {
  const annotations = { "k8s.io/initial-events-end": "true" };
  const metadata = { resourceVersion: String(store.version), annotations };
  return { type: "BOOKMARK", object: { kind, apiVersion, metadata } };
}

class Backlog implements AsyncIterable<WatchEvent> {
  readonly #signal: AbortSignal;
  #events: WatchEvent[] = [];
  /** Of the next one. Taking from the front of a long list moves all the others. */
  #next = 0;
  #wake: (() => void) | undefined;
  #isOver = false;
  #allowed = Infinity;
  stopListening: () => void = () => undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  add(event: WatchEvent): void {
    if (this.#isOver) return;
    this.#events.push(event);
    if (this.#events.length - this.#next > this.#allowed) this.#isOver = true;
    this.#wake?.();
  }

  /** What was there at the start does not count as lagging. */
  started(): void {
    this.#allowed = this.#events.length + longestBacklog;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent> {
    try {
      while (!this.#signal.aborted) {
        const event = this.#take();
        if (event !== undefined) {
          yield event;
        } else if (this.#isOver) {
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve));
        }
      }
    } finally {
      this.stopListening();
    }
  }

  #take(): WatchEvent | undefined {
    const event = this.#events[this.#next];
    if (event === undefined) return undefined;
    if (++this.#next === this.#events.length || this.#next >= keptBehind) {
      this.#events = this.#events.slice(this.#next);
      this.#next = 0;
    }
    return event;
  }

  #end(): void {
    this.stopListening();
    this.#wake?.();
  }
}
