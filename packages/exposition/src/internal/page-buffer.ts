/** A page being written: bytes that grow, and numbers without strings where that matters. */
import { LF, MINUS, ZERO } from "./bytes.ts";
import { goFloat } from "./go-float.ts";

export class PageBuffer {
  #bytes: Buffer;
  #used = 0;

  constructor(initialBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(initialBytes, 64));
  }

  /** What was written: a view, valid until the next write. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#used);
  }

  clear(): void {
    this.#used = 0;
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#used++] = byte;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const page = this.#bytes;
    let at = this.#used;
    // Names and labels are short: a call into the runtime costs more than the loop.
    if (bytes.length > 64) page.set(bytes, at);
    else for (let i = 0; i < bytes.length; i++) page[at + i] = bytes[i] as number;
    at += bytes.length;
    this.#used = at;
  }

  text(text: string): void {
    // Three bytes for each UTF-16 unit is the most UTF-8 takes.
    this.#reserve(text.length * 3);
    this.#used += this.#bytes.write(text, this.#used, "utf8");
  }

  /** As Go's exporters write it. */
  number(value: number): void {
    if (value > -1e6 && value < 1e6 && value === Math.trunc(value) && !Object.is(value, -0)) this.integer(value);
    else this.#ascii(goFloat(value));
  }

  /** A whole number. */
  integer(value: number): void {
    if (!Number.isSafeInteger(value)) return this.#ascii(BigInt(value).toString());
    this.#reserve(17);
    let rest = value;
    if (rest < 0) {
      this.#bytes[this.#used++] = MINUS;
      rest = -rest;
    }
    let digits = 1;
    for (let limit = 10; rest >= limit && digits < 16; limit *= 10) digits++;
    for (let i = this.#used + digits - 1; i >= this.#used; i--) {
      const tenth = Math.floor(rest / 10);
      this.#bytes[i] = ZERO + (rest - tenth * 10);
      rest = tenth;
    }
    this.#used += digits;
  }

  /** Milliseconds as seconds, `1700000000.123`. */
  seconds(milliseconds: number): void {
    const size = Math.abs(milliseconds);
    if (milliseconds < 0) this.byte(MINUS);
    this.integer(Math.floor(size / 1000));
    const fraction = size % 1000;
    if (fraction !== 0) this.#ascii(`.${String(fraction).padStart(3, "0")}`);
  }

  newline(): void {
    this.byte(LF);
  }

  #ascii(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#used++] = text.charCodeAt(i);
  }

  #reserve(more: number): void {
    const least = this.#used + more;
    if (least <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }
}
