/** A stretch of a list as bytes, made again when one of its members changed: what did not change is copied. */
import type { EncodedItems, Encodings } from "./encodings.ts";
import type { Member, ServedUsage } from "./member-source.ts";

const nothing = new Uint8Array();

export class ListSegment<M extends Member, U extends ServedUsage> implements EncodedItems {
  readonly members: readonly M[];
  readonly #memberVersions: Float64Array;
  /** Not a number for members that are not in `bytes`. */
  readonly #usageVersions: Float64Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  #bytes: Uint8Array = nothing;
  #withoutFirst: Uint8Array | undefined;
  #timesMs: Float64Array = new Float64Array();

  constructor(members: readonly M[]) {
    this.members = members;
    this.#memberVersions = new Float64Array(members.length);
    this.#usageVersions = new Float64Array(members.length).fill(Number.NaN);
    this.#starts = new Uint32Array(members.length);
    this.#ends = new Uint32Array(members.length);
  }

  /** The framed items. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** When usage was read, of each object in the segment. */
  get timesMs(): Float64Array {
    return this.#timesMs;
  }

  /** The same view each time: whoever sends segments may keep what it made of them. */
  withoutFirst(count: number): Uint8Array {
    return count === 0 ? this.#bytes : (this.#withoutFirst ??= this.#bytes.subarray(count));
  }

  holds(members: readonly M[], start: number, end: number): boolean {
    return (
      end - start === this.members.length && this.members.every((member, index) => member === members[start + index])
    );
  }

  isCurrent(index: number, memberVersion: number, usageVersion: number): boolean {
    return this.#usageVersions[index] === usageVersion && this.#memberVersions[index] === memberVersion;
  }

  item(index: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[index], this.#ends[index]);
  }

  /** Lets go of the bytes, for places that still point here. */
  drop(): void {
    this.#bytes = nothing;
    this.#withoutFirst = undefined;
    this.#usageVersions.fill(Number.NaN);
  }

  /** Brings the bytes up to date. `usages` is room for the usage of all members. */
  refresh(encodings: Encodings<M, U>, usages: (U | undefined)[]): void {
    if (!this.#read(encodings, usages)) return;
    try {
      this.#write(encodings, usages);
      this.#bytes = encodings.codec.sink.take();
      this.#withoutFirst = undefined;
    } catch (error) {
      encodings.codec.sink.take();
      this.drop();
      throw error;
    }
  }

  /** Reads the usage of all members; returns whether anything changed. */
  #read({ source }: Encodings<M, U>, usages: (U | undefined)[]): boolean {
    const { members } = this;
    let isChanged = false;
    for (let index = 0; index < members.length; index++) {
      const member = members[index];
      if (member === undefined) continue;
      const usage = source.usage(member);
      usages[index] = usage;
      if (usage === undefined) isChanged ||= !Number.isNaN(this.#usageVersions[index]);
      else isChanged ||= !this.isCurrent(index, member.version, usage.version);
    }
    return isChanged;
  }

  /** Neighbours that did not change are copied at once, with the frames between them. */
  #write(encodings: Encodings<M, U>, usages: readonly (U | undefined)[]): void {
    const { sink } = encodings.codec;
    const timesMs = new Float64Array(this.members.length);
    let served = 0;
    let run = { start: 0, end: 0, firstSize: 0, shift: 0 };
    const flush = (): void => {
      if (run.end > run.start) sink.addBytes(run.firstSize, this.#bytes, run.start, run.end);
      run = { start: 0, end: 0, firstSize: 0, shift: 0 };
    };
    for (let index = 0; index < this.members.length; index++) {
      const member = this.members[index];
      const usage = usages[index];
      if (member === undefined || usage === undefined) {
        this.#usageVersions[index] = Number.NaN;
        continue;
      }
      timesMs[served++] = usage.timeMs;
      if (!this.isCurrent(index, member.version, usage.version)) {
        flush();
        this.#encode(encodings, index, member, usage);
        continue;
      }
      const start = this.#starts[index] ?? 0;
      const end = this.#ends[index] ?? 0;
      const frame = sink.frameSize(end - start);
      if (run.end === 0 || start !== run.end + frame) {
        flush();
        run = { start, end, firstSize: end - start, shift: sink.length + frame - start };
      }
      run.end = end;
      this.#starts[index] = start + run.shift;
      this.#ends[index] = end + run.shift;
    }
    flush();
    this.#timesMs = timesMs.subarray(0, served);
  }

  #encode(encodings: Encodings<M, U>, index: number, member: M, usage: U): void {
    const { codec, source } = encodings;
    const { sink } = codec;
    const known = encodings.find(member, usage);
    if (known === undefined) {
      this.#starts[index] = sink.add(source.object(member, usage));
    } else {
      sink.addBytes(known.length, known, 0, known.length);
      this.#starts[index] = sink.length - known.length;
    }
    this.#ends[index] = sink.length;
    this.#usageVersions[index] = usage.version;
    this.#memberVersions[index] = member.version;
    encodings.note(member, this, index);
  }
}

/** The bytes of one object, without a frame. */
export function encodedItem<M extends Member, U extends ServedUsage>(
  encodings: Encodings<M, U>,
  member: M,
  usage: U,
): Uint8Array {
  const known = encodings.find(member, usage);
  if (known !== undefined) return known;
  const segment = new ListSegment<M, U>([member]);
  segment.refresh(encodings, []);
  return segment.item(0);
}
