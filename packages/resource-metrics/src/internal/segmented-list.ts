/** A list as segments of about 64 KB, each made again only when one of its members changed. */
import type { ListMeta } from "@kubemetrics/apimachinery";
import type { MetricsType } from "../metrics-object.ts";
import type { Encodings } from "./encodings.ts";
import { ListSegment } from "./list-segment.ts";
import type { Member, ServedUsage } from "./member-source.ts";
import type { ServedTimes } from "./served-times.ts";

const noMetadata: ListMeta = {};

export class SegmentedList<M extends Member, U extends ServedUsage> {
  readonly #encodings: Encodings<M, U>;
  /** Room for the usages of one segment. */
  readonly #usages: (U | undefined)[] = [];
  #members: readonly M[] = [];
  #segments: readonly ListSegment<M, U>[] = [];
  readonly #replaced: ListSegment<M, U>[] = [];
  readonly #endsOf = new Map<string, Ends>();
  /** Bytes kept for this list, book-keeping included. */
  size = 0;

  constructor(encodings: Encodings<M, U>) {
    this.#encodings = encodings;
  }

  /** The list of `members` as it is now. The times of what is in it go to `times`. */
  body(type: MetricsType, members: readonly M[], times: ServedTimes): readonly Uint8Array[] {
    if (members !== this.#members) this.#align(members);
    const { codec } = this.#encodings;
    const items: Uint8Array[] = [];
    let size = 0;
    let kept = bookKeeping;
    for (const segment of this.#segments) {
      segment.refresh(this.#encodings, this.#usages);
      times.add(segment.timesMs);
      kept += segment.bytes.length + segment.members.length * bookKeepingPerMember;
      if (segment.bytes.length === 0) continue;
      const bytes = items.length === 0 ? segment.withoutFirst(codec.firstFrame) : segment.bytes;
      items.push(bytes);
      size += bytes.length;
    }
    // Their objects have been copied into the segments that took their place.
    for (const segment of this.#replaced.splice(0)) segment.drop();
    this.size = kept;
    if (items.length === 0) return [codec.emptyList(type, noMetadata, false)];
    const { head, tail } = this.#ends(type, size);
    return [head, ...items, tail];
  }

  /** Lets go of all bytes. */
  drop(): void {
    for (const segment of this.#segments) segment.drop();
  }

  /** The same objects while they have to say the same: whoever sends segments may keep what it made of them. */
  #ends(type: MetricsType, size: number): Ends {
    const { codec } = this.#encodings;
    let ends = this.#endsOf.get(type.apiVersion);
    if (ends?.size !== size) {
      ends = { size, head: codec.listHead(type, noMetadata, size), tail: codec.listTail(type, noMetadata) };
      this.#endsOf.set(type.apiVersion, ends);
    }
    return ends;
  }

  /**
   * Cuts other members into segments. Cuts stay before the members they were at, so that one pod more or less changes
   * one segment and not all behind it.
   */
  #align(members: readonly M[]): void {
    const { segmentItems } = this.#encodings.codec;
    // Room to grow up to the next cut there was.
    const longest = this.#segments.length === 0 ? segmentItems : segmentItems * 1.5;
    const before = new Map(this.#segments.map((segment) => [segment.members[0], segment]));
    const segments: ListSegment<M, U>[] = [];
    let start = 0;
    for (let end = 1; end <= members.length; end++) {
      const length = end - start;
      const isCut = length >= segmentItems / 4 && before.has(members[end]);
      if (end < members.length && length < longest && !isCut) continue;
      const old = before.get(members[start]);
      segments.push(old?.holds(members, start, end) === true ? old : new ListSegment(members.slice(start, end)));
      start = end;
    }
    const kept = new Set(segments);
    this.#replaced.push(...this.#segments.filter((segment) => !kept.has(segment)));
    this.#members = members;
    this.#segments = segments;
  }
}

/** What stands around items of `size` bytes. */
interface Ends {
  readonly size: number;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** What an empty list costs. */
const bookKeeping = 1024;
/** A reference, two versions, a place and a time. */
const bookKeepingPerMember = 40;
