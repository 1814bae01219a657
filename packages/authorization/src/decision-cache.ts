/** Remembers answers of access reviews for a few seconds. */
import type { SubjectAccessReviewStatus } from "./subject-access-review.ts";

interface Entry {
  readonly status: SubjectAccessReviewStatus;
  readonly expiresMs: number;
  /** When the entry was last put at the end of the order. */
  usedMs: number;
}

/** Uses closer together than this leave the order as it is: moving costs more than the answer. */
const orderMs = 250;

/**
 * Least recently used goes first, by number of entries and by the total length of the keys, because keys hold text that
 * callers choose.
 */
export class DecisionCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #maxKeyLength: number;
  #keyLength = 0;

  constructor(maxEntries: number, maxKeyLength: number) {
    this.#maxEntries = maxEntries;
    this.#maxKeyLength = maxKeyLength;
  }

  get(key: string, nowMs: number): SubjectAccessReviewStatus | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresMs <= nowMs) {
      this.#entries.delete(key);
      this.#keyLength -= key.length;
      return undefined;
    }
    if (nowMs - entry.usedMs >= orderMs) {
      entry.usedMs = nowMs;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry.status;
  }

  set(key: string, status: SubjectAccessReviewStatus, nowMs: number, expiresMs: number): void {
    if (!this.#entries.delete(key)) this.#keyLength += key.length;
    this.#entries.set(key, { status, expiresMs, usedMs: nowMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#keyLength <= this.#maxKeyLength) break;
      this.#entries.delete(oldest);
      this.#keyLength -= oldest.length;
    }
  }
}
