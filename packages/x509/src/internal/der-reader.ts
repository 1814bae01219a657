/**
 * Reads DER strictly: definite lengths in their shortest form, low tag numbers, nothing past the end.
 *
 * A reader is a window over bytes that are never copied. Every `read…` moves it past one element or throws `DerInvalid`.
 */
export class DerInvalid extends Error {}

/** One element: its tag byte, its content, and all its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly bytes: Uint8Array;
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

  element(): DerElement {
    const { length, header } = this.#header();
    const start = this.#offset;
    const end = start + header + length;
    if (end > this.#bytes.length) throw new DerInvalid("an element ends past the end of its parent");
    this.#offset = end;
    return {
      tag: this.#bytes[start] ?? 0,
      content: this.#bytes.subarray(start + header, end),
      bytes: this.#bytes.subarray(start, end),
    };
  }

  /** The content of the next element, which must have this tag. */
  content(tag: number, what: string): Uint8Array {
    if (!this.has(tag)) throw new DerInvalid(`${what}: expected tag 0x${tag.toString(16)}`);
    return this.element().content;
  }

  /** A reader over the content of the next element, which must have this tag. */
  inside(tag: number, what: string): DerReader {
    return new DerReader(this.content(tag, what));
  }

  /** The content of the next element if it has this tag; `undefined` leaves the reader where it is. */
  optional(tag: number): Uint8Array | undefined {
    return this.has(tag) ? this.element().content : undefined;
  }

  /** Throws when something is left. */
  end(what: string): void {
    if (!this.isEmpty) throw new DerInvalid(`${what}: trailing data`);
  }

  #header(): { length: number; header: number } {
    const tag = this.#bytes[this.#offset];
    const first = this.#bytes[this.#offset + 1];
    if (tag === undefined || first === undefined) throw new DerInvalid("an element is missing");
    if ((tag & 0x1f) === 0x1f) throw new DerInvalid("a tag number above 30");
    if (first < 0x80) return { length: first, header: 2 };
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerInvalid("an indefinite or huge length");
    let length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + (this.#bytes[this.#offset + 2 + index] ?? NaN);
    if (Number.isNaN(length)) throw new DerInvalid("a length is cut off");
    if (length < 0x80 || length < 256 ** (count - 1)) throw new DerInvalid("a length not in its shortest form");
    return { length, header: 2 + count };
  }
}
