/** Objects of one kind in memory, with resource versions and a history for watches. */
import { compareBytes, expired, gone } from "@kubemetrics/apimachinery";
import { metadataOf, textAt, type JsonObject } from "./object-answer.ts";

/** A change, as watches need it: what was there before decides whether a selector sees an arrival or a departure. */
export interface StoreChange {
  readonly version: number;
  /** `undefined`: the object is new. */
  readonly before: JsonObject | undefined;
  /** `undefined`: the object is gone. */
  readonly after: JsonObject | undefined;
}

/** Changes remembered for watches that start in the past. */
const longestHistory = 1000;

/**
 * Versions count changes from the time at which the store was made, in microseconds: above all those of a store before it,
 * unless there was more than a change per microsecond. Watches of that one are told 410, instead of going on in this one.
 */
export class ObjectStore {
  readonly #objects = new Map<string, JsonObject>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #history: StoreChange[] = [];
  #version: number;

  /** @param clock - tells milliseconds since 1970; read once */
  constructor(clock: { now(): number }) {
    this.#version = Math.trunc(clock.now() * 1000);
  }

  /** Of the latest change; before the first, the one from which all changes follow. */
  get version(): number {
    return this.#version;
  }

  get(namespace: string, name: string): JsonObject | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  /** In byte order of namespace and name; all namespaces when none is given. */
  list(namespace: string | undefined): readonly JsonObject[] {
    const all = [...this.#objects].toSorted(([a], [b]) => compareBytes(a, b));
    const prefix = namespace === undefined ? "" : keyOf(namespace, "");
    return all.filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  /**
   * Stores the object that `make` returns for a new version.
   *
   * @param make - gets the resource version to write into the object
   */
  put(make: (resourceVersion: string) => JsonObject): JsonObject {
    const version = ++this.#version;
    const after = make(String(version));
    const key = keyOfObject(after);
    const before = this.#objects.get(key);
    this.#objects.set(key, after);
    this.#tell({ version, before, after });
    return after;
  }

  delete(object: JsonObject): void {
    const key = keyOfObject(object);
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#tell({ version: ++this.#version, before, after: undefined });
  }

  /**
   * Changes after a version that are still remembered.
   *
   * @throws StatusError 410 when some of them are forgotten or another store's: the client has to list anew
   */
  since(version: number): readonly StoreChange[] {
    if (version > this.#version)
      throw gone(`resource version ${version} is in the future; the latest is ${this.#version}`);
    const oldest = this.#history[0]?.version ?? this.#version + 1;
    if (version + 1 < oldest) throw expired(`too old resource version: ${version} (${oldest - 1})`);
    return this.#history.filter((change) => change.version > version);
  }

  /** Calls `listener` for every change from now on; the returned function ends that. */
  listen(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: StoreChange): void {
    this.#history.push(change);
    if (this.#history.length > longestHistory) this.#history = this.#history.slice(-longestHistory / 2);
    for (const listener of this.#listeners) listener(change);
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function keyOfObject(object: JsonObject): string {
  return keyOf(textAt(metadataOf(object), "namespace"), textAt(metadataOf(object), "name"));
}
