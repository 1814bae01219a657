/** Which encodings and lists of a resource are kept: only in formats that are asked for, and lists within a budget. */
import type { BodyFormat } from "@kubemetrics/apiservice";
import type { MetricsType } from "../metrics-object.ts";
import { Encodings } from "./encodings.ts";
import type { Member, MemberSource, ServedUsage } from "./member-source.ts";
import { metricsCodec } from "./metrics-codec.ts";
import { SegmentedList } from "./segmented-list.ts";
import type { ServedTimes } from "./served-times.ts";

/** A format that nobody asked for this long is forgotten, with everything encoded in it. */
const idleMs = 5 * 60_000;

export interface ListCacheOptions {
  readonly clock: () => number;
  readonly maxListBytes: number;
}

export class ListCache<M extends Member, U extends ServedUsage> {
  readonly #source: MemberSource<M, U>;
  readonly #options: ListCacheOptions;
  readonly #formats = new Map<BodyFormat, FormatCache<M, U>>();
  #listBytes = 0;

  constructor(source: MemberSource<M, U>, options: ListCacheOptions) {
    this.#source = source;
    this.#options = options;
  }

  encodings(format: BodyFormat): Encodings<M, U> {
    return this.#format(format).encodings;
  }

  /** The body of a list that is asked for by `key`; `undefined`: not worth keeping. */
  body(
    format: BodyFormat,
    key: string | undefined,
    type: MetricsType,
    members: readonly M[],
    times: ServedTimes,
  ): readonly Uint8Array[] {
    const { encodings, lists } = this.#format(format);
    const kept = key === undefined ? undefined : lists.get(key);
    const list = kept ?? new SegmentedList(encodings);
    const sizeBefore = kept?.size ?? 0;
    const body = list.body(type, members, times);
    if (key !== undefined) {
      lists.delete(key);
      lists.set(key, list);
      this.#listBytes += list.size - sizeBefore;
      this.#keepWithinBudget(list);
    }
    return body;
  }

  #format(format: BodyFormat): FormatCache<M, U> {
    const nowMs = this.#options.clock();
    const cache = this.#formats.get(format) ?? {
      encodings: new Encodings(metricsCodec(format), this.#source),
      lists: new Map(),
      askedMs: nowMs,
    };
    cache.askedMs = nowMs;
    // The order of the map is the order of last use.
    this.#formats.delete(format);
    this.#formats.set(format, cache);
    for (const [name, { askedMs, lists }] of this.#formats) {
      if (nowMs - askedMs <= idleMs) break;
      for (const list of lists.values()) this.#listBytes -= list.size;
      this.#formats.delete(name);
    }
    return cache;
  }

  /** Drops the lists that were not used for longest, but never `current`. */
  #keepWithinBudget(current: SegmentedList<M, U>): void {
    for (const { lists } of this.#formats.values()) {
      for (const [key, list] of lists) {
        if (this.#listBytes <= this.#options.maxListBytes || list === current) return;
        lists.delete(key);
        list.drop();
        this.#listBytes -= list.size;
      }
    }
  }
}

interface FormatCache<M extends Member, U extends ServedUsage> {
  readonly encodings: Encodings<M, U>;
  /** In the order of last use. */
  readonly lists: Map<string, SegmentedList<M, U>>;
  askedMs: number;
}
