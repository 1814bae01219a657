/** The encoded objects of one format: at most one encoding for each, made when it is asked for. */
import { maxFrame, type MetricsCodec } from "./metrics-codec.ts";
import type { Member, MemberSource, ServedUsage } from "./member-source.ts";

/** Where the bytes of an object are: its own, or part of a list. */
interface Encoding {
  usageVersion: number;
  memberVersion: number;
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** An object that the cluster forgets takes its encoding along. */
export class Encodings<M extends Member, U extends ServedUsage> {
  readonly codec: MetricsCodec;
  readonly source: MemberSource<M, U>;
  readonly #encodings = new WeakMap<M, Encoding>();
  #scratch: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

  constructor(codec: MetricsCodec, source: MemberSource<M, U>) {
    this.codec = codec;
    this.source = source;
  }

  /** The bytes of one object. */
  item(member: M, usage: U): Uint8Array {
    const { bytes, start, end } = this.#encoding(member, usage);
    return bytes.subarray(start, end);
  }

  /**
   * The framed bytes of several objects; members without usage are left out. Their encodings move into the result, so
   * that what is part of a list is not kept a second time.
   */
  join(members: readonly M[], usages: readonly (U | undefined)[]): Uint8Array {
    const joined: Encoding[] = [];
    let size = 0;
    for (let index = 0; index < usages.length; index++) {
      const member = members[index];
      const usage = usages[index];
      if (member === undefined || usage === undefined) continue;
      const encoding = this.#encoding(member, usage);
      joined.push(encoding);
      size += encoding.end - encoding.start + maxFrame;
    }
    if (size > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(size * 2);
    const end = this.#copy(joined);
    const bytes = Buffer.allocUnsafeSlow(end);
    this.#scratch.copy(bytes, 0, 0, end);
    for (const encoding of joined) encoding.bytes = bytes;
    return bytes;
  }

  /** Copies into the scratch buffer and notes the new places. Neighbours that were neighbours before are copied at once. */
  #copy(encodings: readonly Encoding[]): number {
    const scratch = this.#scratch;
    let at = 0;
    for (const encoding of encodings) {
      const { bytes, start, end } = encoding;
      at = this.codec.frame(scratch, at, end - start);
      (bytes as Buffer).copy(scratch, at, start, end);
      encoding.start = at;
      at += end - start;
      encoding.end = at;
    }
    return at;
  }

  #encoding(member: M, usage: U): Encoding {
    const known = this.#encodings.get(member);
    if (known?.usageVersion === usage.version && known.memberVersion === member.version) return known;
    const bytes = this.codec.encodeItem(this.source.object(member, usage));
    const { version: usageVersion } = usage;
    const { version: memberVersion } = member;
    if (known !== undefined) return Object.assign(known, { usageVersion, memberVersion, bytes, start: 0, end: bytes.length });
    const made: Encoding = { usageVersion, memberVersion, bytes, start: 0, end: bytes.length };
    this.#encodings.set(member, made);
    return made;
  }
}
