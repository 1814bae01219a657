/**
 * Reads DER strictly: definite lengths in their shortest form, low tag numbers, minimal integers, nothing past the end.
 *
 * A reader is a window over bytes that are never copied. Every call moves it past one element or throws `DerInvalid`.
 */
import { tags } from "./der-writer.ts";

export class DerInvalid extends Error {}

/** One element: its tag byte, its content, and all its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface BitString {
  readonly bytes: Uint8Array;
  readonly unusedBits: number;
}

export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** True when the next element has this tag. */
  has(tag: number): boolean {
    return this.#bytes[this.#offset] === tag;
  }

  /** The next element, whatever its tag. */
  any(what: string): DerElement {
    const { length, header } = this.#header(what);
    const start = this.#offset;
    const end = start + header + length;
    if (end > this.#bytes.length) throw new DerInvalid(`${what} ends past the end of its parent`);
    this.#offset = end;
    return {
      tag: this.#bytes[start] ?? 0,
      content: this.#bytes.subarray(start + header, end),
      bytes: this.#bytes.subarray(start, end),
    };
  }

  element(tag: number, what: string): DerElement {
    const found = this.any(what);
    if (found.tag !== tag) throw new DerInvalid(`${what} has tag ${hex(found.tag)}, not ${hex(tag)}`);
    return found;
  }

  content(tag: number, what: string): Uint8Array {
    return this.element(tag, what).content;
  }

  /** A reader over the content of the next element. */
  inside(tag: number, what: string): DerReader {
    return new DerReader(this.content(tag, what));
  }

  /** The content of the next element if it has this tag; `undefined` leaves the reader where it is. */
  optional(tag: number, what: string): Uint8Array | undefined {
    return this.has(tag) ? this.content(tag, what) : undefined;
  }

  /** Throws when something is left. */
  end(what: string): void {
    if (!this.isEmpty) throw new DerInvalid(`${what} is followed by ${this.#bytes.length - this.#offset} more bytes`);
  }

  boolean(what: string): boolean {
    const content = this.content(tags.boolean, what);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) {
      throw new DerInvalid(`${what} is neither TRUE nor FALSE`);
    }
    return content[0] === 0xff;
  }

  /** The bytes of an integer: two's complement, big-endian, shortest form. */
  integer(what: string, tag: number = tags.integer): Uint8Array {
    const content = this.content(tag, what);
    const [first, second] = content;
    const isPadded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (first === undefined || isPadded) throw new DerInvalid(`${what} is not an integer in its shortest form`);
    return content;
  }

  /** A non-negative integer below 2^63. Exact up to 2^53, which no limit in a certificate comes near. */
  count(what: string, tag: number = tags.integer): number {
    const content = this.integer(what, tag);
    if ((content[0] ?? 0) >= 0x80 || content.length > 8) throw new DerInvalid(`${what} is negative or huge`);
    return content.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** Dotted text. */
  oid(what: string): string {
    return dottedOid(this.content(tags.oid, what), what);
  }

  bitString(what: string): BitString {
    const content = this.content(tags.bitString, what);
    const unusedBits = content[0] ?? 8;
    const bytes = content.subarray(1);
    const last = bytes.at(-1);
    if (unusedBits > 7 || (last === undefined ? unusedBits !== 0 : (last & ((1 << unusedBits) - 1)) !== 0)) {
      throw new DerInvalid(`${what} is not a bit string with zero padding`);
    }
    return { bytes, unusedBits };
  }

  #header(what: string): { length: number; header: number } {
    const tag = this.#bytes[this.#offset];
    const first = this.#bytes[this.#offset + 1];
    if (tag === undefined || first === undefined) throw new DerInvalid(`${what} is missing or cut off`);
    if ((tag & 0x1f) === 0x1f) throw new DerInvalid(`${what} has a tag number above 30`);
    if (first < 0x80) return { length: first, header: 2 };
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerInvalid(`${what} has an indefinite or huge length`);
    let length = 0;
    for (let index = 0; index < count; index++) {
      const byte = this.#bytes[this.#offset + 2 + index];
      if (byte === undefined) throw new DerInvalid(`${what} is cut off`);
      length = length * 256 + byte;
    }
    if (length < 0x80 || length < 256 ** (count - 1)) {
      throw new DerInvalid(`${what} has a length that is not in its shortest form`);
    }
    return { length, header: 2 + count };
  }
}

/** The bits shifted to the right end of their bytes: how signatures and keys are read out of bit strings. */
export function rightAligned({ bytes, unusedBits }: BitString): Uint8Array {
  if (unusedBits === 0) return bytes;
  return bytes.map((byte, index) => (byte >> unusedBits) | (((bytes[index - 1] ?? 0) << (8 - unusedBits)) & 0xff));
}

function dottedOid(content: Uint8Array, what: string): string {
  const parts: number[] = [];
  let value = 0;
  let length = 0;
  for (const byte of content) {
    // Components that need more than 31 bits, or start with padding, are no components (Go reads OIDs this way too).
    if ((length === 0 && byte === 0x80) || value >= 2 ** 24)
      throw new DerInvalid(`${what} is not an object identifier`);
    value = value * 128 + (byte & 0x7f);
    length++;
    if (byte >= 0x80) continue;
    if (parts.length > 0) parts.push(value);
    else parts.push(value < 80 ? Math.floor(value / 40) : 2, value < 80 ? value % 40 : value - 80);
    value = 0;
    length = 0;
  }
  if (parts.length === 0 || length > 0) throw new DerInvalid(`${what} is not an object identifier`);
  return parts.join(".");
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, "0")}`;
}
