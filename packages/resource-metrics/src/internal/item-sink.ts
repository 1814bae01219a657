/** Where the items of a list are written one after another, each behind its frame: what separates it from others. */
import { ProtobufWriter } from "@kubemetrics/apimachinery";
import type { MetricsObject } from "../metrics-object.ts";
import { writeMetricsObject } from "./metrics-protobuf.ts";

export interface ItemSink {
  /** Bytes written so far. */
  readonly length: number;
  /** Bytes of the frame of an item of `size` bytes. */
  frameSize(size: number): number;
  /** Writes a frame and the object; returns where the object starts. */
  add(object: MetricsObject): number;
  /** Writes a frame for `size` bytes, then all from `start` to `end`: one item, or several with the frames between them. */
  addBytes(size: number, bytes: Uint8Array, start: number, end: number): void;
  /** A copy of everything written; then the sink is empty. */
  take(): Uint8Array;
}

/** Items as text, each behind `separator`. */
export class TextSink implements ItemSink {
  readonly #text: (object: MetricsObject) => string;
  readonly #separator: string;
  #bytes: Buffer = Buffer.allocUnsafeSlow(32 * 1024);
  length = 0;

  constructor(text: (object: MetricsObject) => string, separator: string) {
    this.#text = text;
    this.#separator = separator;
  }

  frameSize(): number {
    return this.#separator.length;
  }

  add(object: MetricsObject): number {
    const text = this.#text(object);
    this.#frame(text.length * 3);
    const start = this.length;
    this.length += this.#bytes.write(text, start, "utf8");
    return start;
  }

  addBytes(_: number, bytes: Uint8Array, start: number, end: number): void {
    this.#frame(end - start);
    this.#bytes.set(bytes.subarray(start, end), this.length);
    this.length += end - start;
  }

  take(): Uint8Array {
    const taken = Buffer.allocUnsafeSlow(this.length);
    this.#bytes.copy(taken, 0, 0, this.length);
    this.length = 0;
    return taken;
  }

  /** Writes the separator and makes room for `more` bytes behind it. */
  #frame(more: number): void {
    const needed = this.length + this.#separator.length + more;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.length);
      this.#bytes = larger;
    }
    this.length += this.#bytes.write(this.#separator, this.length, "latin1");
  }
}

/** Items as elements of a repeated field. */
export class ProtobufSink implements ItemSink {
  readonly #field: number;
  readonly #writer = new ProtobufWriter(32 * 1024);

  constructor(field: number) {
    this.#field = field;
  }

  get length(): number {
    return this.#writer.length;
  }

  frameSize(size: number): number {
    let frame = 2;
    for (let rest = size; rest >= 0x80; rest >>>= 7) frame++;
    return frame;
  }

  add(object: MetricsObject): number {
    const before = this.#writer.length;
    const mark = this.#writer.begin(this.#field);
    writeMetricsObject(this.#writer, object);
    this.#writer.end(mark);
    // The length in the frame grows with the object, so that the start is known only now.
    const framed = this.#writer.length - before;
    let size = framed - 2;
    while (size + this.frameSize(size) > framed) size--;
    return this.#writer.length - size;
  }

  addBytes(size: number, bytes: Uint8Array, start: number, end: number): void {
    this.#writer.bytesHead(this.#field, size);
    this.#writer.raw(bytes.subarray(start, end));
  }

  take(): Uint8Array {
    const taken = this.#writer.finish();
    this.#writer.reset();
    return taken;
  }
}
