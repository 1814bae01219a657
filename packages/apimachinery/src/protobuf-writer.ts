/** Protobuf fields, as Kubernetes writes them. */
import { NotEncodable } from "./go-json.ts";

/**
 * Appends fields to a growing buffer. One writer can be used again and again (`reset`), so that encoding allocates
 * nothing but the result.
 *
 * Kubernetes writes fields without presence even when they are empty or zero, and map entries in key order: the caller
 * sees to both.
 */
export class ProtobufWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(initialBytes = 512) {
    this.#bytes = Buffer.allocUnsafe(Math.max(initialBytes, 16));
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** A string field, as UTF-8. */
  string(field: number, text: string): void {
    this.#tag(field, 2);
    // A UTF-16 unit takes three bytes at most, so short texts get their one-byte length after they are written.
    if (text.length <= 42) {
      this.#reserve(text.length * 3 + 1);
      const start = ++this.#length;
      this.#bytes[start - 1] = this.#text(text, start);
    } else {
      const size = Buffer.byteLength(text);
      this.#unsigned(size);
      this.#reserve(size);
      this.#text(text, this.#length);
    }
  }

  /** A bytes field, or an embedded message that is encoded already. */
  bytes(field: number, data: Uint8Array): void {
    this.bytesHead(field, data.length);
    this.raw(data);
  }

  /** The tag and length of a bytes field whose `size` bytes follow, here (`raw`) or in a later segment. */
  bytesHead(field: number, size: number): void {
    this.#tag(field, 2);
    this.#unsigned(size);
  }

  /**
   * An int32, int64 or enum field; negative ones take ten bytes.
   *
   * @throws NotEncodable for numbers that are not safe integers
   */
  int(field: number, value: number | bigint): void {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      throw new NotEncodable(`protobuf: ${value} in field ${field} is not a whole number below 2^53; pass a bigint`);
    }
    this.#tag(field, 0);
    if (typeof value === "number" && value >= 0) this.#unsigned(value);
    else this.#unsigned64(BigInt.asUintN(64, BigInt(value)));
  }

  bool(field: number, value: boolean): void {
    this.#tag(field, 0);
    this.#unsigned(value ? 1 : 0);
  }

  /** Starts an embedded message; write its fields, then call `end` with the returned mark. Messages nest. */
  begin(field: number): number {
    this.#tag(field, 2);
    this.#reserve(1);
    return ++this.#length;
  }

  /** Ends the message that `begin` started: its length is filled in. */
  end(mark: number): void {
    const size = this.#length - mark;
    if (size < 0x80) {
      this.#bytes[mark - 1] = size;
      return;
    }
    const extra = unsignedSize(size) - 1;
    this.#reserve(extra);
    this.#bytes.copyWithin(mark + extra, mark, this.#length);
    const end = this.#length + extra;
    this.#length = mark - 1;
    this.#unsigned(size);
    this.#length = end;
  }

  /** Appends bytes as they are: fields encoded elsewhere. */
  raw(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#bytes.set(data, this.#length);
    this.#length += data.length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, 0, this.#length);
  }

  /** Forgets what was written and keeps the buffer. */
  reset(): void {
    this.#length = 0;
  }

  #tag(field: number, wireType: number): void {
    this.#unsigned(field * 8 + wireType);
  }

  #unsigned(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  #unsigned64(value: bigint): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  /** Writes UTF-8 at `start`, moves the end behind it and returns its size. */
  #text(text: string, start: number): number {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80 || index === 64) {
        const size = index + this.#bytes.write(text.slice(index), start + index);
        this.#length = start + size;
        return size;
      }
      this.#bytes[start + index] = unit;
    }
    this.#length = start + text.length;
    return text.length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Bytes of an unsigned varint. */
function unsignedSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
