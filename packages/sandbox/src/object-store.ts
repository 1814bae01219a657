/** What etcd and the watch cache are to a real API server: every object, one counter of versions, and the recent changes. */
import { isDeepStrictEqual } from "node:util";
import { alreadyExists, conflict, expired, formatTime, notFound } from "@kubemetrics/apimachinery";
import type { KubeObject, ObjectMeta } from "./kube-object.ts";
import type { ResourceType } from "./resource-type.ts";

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** One change of one object. `object` is the state after it (for DELETED: the last one, with the version of the deletion). */
export interface Change {
  readonly type: ChangeType;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly version: number;
}

export interface StoreOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Makes `metadata.uid`. */
  readonly newUid: () => string;
  /** Changes kept for each type; a watch that asks for older ones must list anew. */
  readonly historyLength: number;
}

interface Collection {
  readonly objects: Map<string, KubeObject>;
  /** Sorted by namespace and name; dropped when an object comes or goes. */
  sortedKeys: readonly string[] | undefined;
  history: Change[];
  /** The version of the newest change that was forgotten. */
  forgotten: number;
  readonly listeners: Set<(change: Change) => void>;
}

export class ObjectStore {
  readonly #options: StoreOptions;
  readonly #collections = new Map<ResourceType, Collection>();
  #version = 1;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** The version of the last change anywhere. */
  get version(): number {
    return this.#version;
  }

  find(type: ResourceType, namespace: string, name: string): KubeObject | undefined {
    return this.#of(type).objects.get(keyOf(namespace, name));
  }

  /** @throws StatusError 404 */
  get(type: ResourceType, namespace: string, name: string): KubeObject {
    const object = this.find(type, namespace, name);
    if (object === undefined) throw notFound(type, name);
    return object;
  }

  /** All objects of a type, or of one namespace, sorted by namespace and name; they may be deleted meanwhile. `after` starts behind that key. */
  *entries(type: ResourceType, namespace?: string, after = ""): Generator<[key: string, object: KubeObject]> {
    const collection = this.#of(type);
    const keys = (collection.sortedKeys ??= [...collection.objects.keys()].toSorted(byCodeUnits));
    const prefix = namespace === undefined ? "" : keyOf(namespace, "");
    const start = after > prefix ? after : prefix;
    for (let index = firstAtOrAfter(keys, start); index < keys.length; index++) {
      const key = keys[index] ?? "";
      if (!key.startsWith(prefix)) return;
      if (key === after) continue;
      const object = collection.objects.get(key);
      if (object !== undefined) yield [key, object];
    }
  }

  *list(type: ResourceType, namespace?: string): Generator<KubeObject> {
    for (const [, object] of this.entries(type, namespace)) yield object;
  }

  count(type: ResourceType): number {
    return this.#of(type).objects.size;
  }

  /** Adds an object. A creation time it brings along is kept. @throws StatusError 409 when an object of that name exists */
  create(type: ResourceType, object: KubeObject): KubeObject {
    const collection = this.#of(type);
    const key = keyFor(type, object);
    if (collection.objects.has(key)) throw alreadyExists(type, object.metadata.name);
    const version = ++this.#version;
    const stored = stamped(object, {
      ...object.metadata,
      uid: this.#options.newUid(),
      resourceVersion: String(version),
      creationTimestamp: object.metadata.creationTimestamp ?? formatTime(this.#options.clock()),
    });
    collection.objects.set(key, stored);
    collection.sortedKeys = undefined;
    this.#tell(collection, { type: "ADDED", object: stored, previous: undefined, version });
    return stored;
  }

  /**
   * Replaces an object; an equal one changes nothing, as upstream.
   *
   * @throws StatusError 404; 409 when the new object carries another resourceVersion than the stored one
   */
  update(type: ResourceType, object: KubeObject): KubeObject {
    const collection = this.#of(type);
    const key = keyFor(type, object);
    const previous = collection.objects.get(key);
    if (previous === undefined) throw notFound(type, object.metadata.name);
    requireVersion(type, object, previous);
    const { uid, creationTimestamp, resourceVersion } = previous.metadata;
    const kept = { ...(uid && { uid }), ...(creationTimestamp && { creationTimestamp }) };
    const unchanged = stamped(object, { ...object.metadata, ...kept, ...(resourceVersion && { resourceVersion }) });
    if (isSame(unchanged, previous)) return previous;
    const version = ++this.#version;
    const stored = stamped(object, { ...object.metadata, ...kept, resourceVersion: String(version) });
    collection.objects.set(key, stored);
    this.#tell(collection, { type: "MODIFIED", object: stored, previous, version });
    return stored;
  }

  /** @throws StatusError 404 */
  delete(type: ResourceType, namespace: string, name: string): KubeObject {
    const collection = this.#of(type);
    const previous = this.get(type, namespace, name);
    const version = ++this.#version;
    const last = stamped(previous, { ...previous.metadata, resourceVersion: String(version) });
    collection.objects.delete(keyOf(namespace, name));
    collection.sortedKeys = undefined;
    this.#tell(collection, { type: "DELETED", object: last, previous, version });
    return last;
  }

  /**
   * The changes after a version.
   *
   * @throws StatusError 410 Expired when some of them were forgotten
   */
  changesSince(type: ResourceType, version: number): readonly Change[] {
    const collection = this.#of(type);
    if (version < collection.forgotten) {
      throw expired(`too old resource version: ${version} (${collection.forgotten})`);
    }
    return collection.history.filter((change) => change.version > version);
  }

  /** Calls back for every later change of a type, in order, at once. The returned function ends it. */
  subscribe(type: ResourceType, listener: (change: Change) => void): () => void {
    const { listeners } = this.#of(type);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Forgets all past changes, as a compaction of etcd does: every watch from an older version gets 410. */
  forgetHistory(): void {
    for (const collection of this.#collections.values()) {
      collection.history = [];
      collection.forgotten = this.#version;
    }
  }

  #of(type: ResourceType): Collection {
    let collection = this.#collections.get(type);
    if (collection === undefined) {
      collection = { objects: new Map(), sortedKeys: undefined, history: [], forgotten: 0, listeners: new Set() };
      this.#collections.set(type, collection);
    }
    return collection;
  }

  #tell(collection: Collection, change: Change): void {
    collection.history.push(change);
    // Cut in halves, not one by one: shifting a long array at every change would cost more than the change.
    if (collection.history.length >= 2 * this.#options.historyLength) {
      const cut = collection.history.length - this.#options.historyLength;
      collection.forgotten = collection.history[cut - 1]?.version ?? collection.forgotten;
      collection.history = collection.history.slice(cut);
    }
    for (const listener of collection.listeners) listener(change);
  }
}

/** @throws StatusError 409 when the new object carries another resourceVersion than the stored one */
export function requireVersion(type: ResourceType, object: KubeObject, stored: KubeObject): void {
  const wanted = object.metadata.resourceVersion ?? "";
  if (wanted === "" || wanted === stored.metadata.resourceVersion) return;
  const advice = "the object has been modified; please apply your changes to the latest version and try again";
  throw conflict(type, object.metadata.name, advice);
}

function keyFor(type: ResourceType, object: KubeObject): string {
  return keyOf(type.namespaced ? (object.metadata.namespace ?? "") : "", object.metadata.name);
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function stamped(object: KubeObject, metadata: ObjectMeta): KubeObject {
  return { ...object, metadata };
}

/** Whether two objects say the same, whatever the order of their fields. */
function isSame(left: KubeObject, right: KubeObject): boolean {
  const [a, b] = [JSON.stringify(left), JSON.stringify(right)];
  return a === b || (a.length === b.length && isDeepStrictEqual(JSON.parse(a), JSON.parse(b)));
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function firstAtOrAfter(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
