/** Finds the encoded form of an object in one format: each is encoded at most once while nothing about it changes. */
import type { MetricsCodec } from "./metrics-codec.ts";
import type { Member, MemberSource, ServedUsage } from "./member-source.ts";

/** Encoded objects one after another. */
export interface EncodedItems {
  /** Whether the object at `index` is encoded as it is now. */
  isCurrent(index: number, memberVersion: number, usageVersion: number): boolean;
  item(index: number): Uint8Array;
}

interface Place {
  items: EncodedItems;
  index: number;
}

export class Encodings<M extends Member, U extends ServedUsage> {
  readonly codec: MetricsCodec;
  readonly source: MemberSource<M, U>;
  /** An object that the cluster forgets takes its place along. */
  readonly #places = new WeakMap<M, Place>();

  constructor(codec: MetricsCodec, source: MemberSource<M, U>) {
    this.codec = codec;
    this.source = source;
  }

  /** The current encoding of a member, if there is one. */
  find(member: M, usage: U): Uint8Array | undefined {
    const place = this.#places.get(member);
    if (place?.items.isCurrent(place.index, member.version, usage.version) !== true) return undefined;
    return place.items.item(place.index);
  }

  /** Tells where a member was encoded last. */
  note(member: M, items: EncodedItems, index: number): void {
    const place = this.#places.get(member);
    if (place === undefined) this.#places.set(member, { items, index });
    else {
      place.items = items;
      place.index = index;
    }
  }
}
