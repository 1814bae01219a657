/** Buffers for bodies. A thousand nodes answer a few at a time, so a few buffers serve them all. */

const firstBytes = 64 * 1024;
/** Larger buffers are given back to the system after use. */
const keptBytes = 4 * 1024 * 1024;
const keptBuffers = 32;

export class Body {
  #bytes: Buffer;
  #length = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#length;
  }

  /** The buffer itself, for the pool. */
  get room(): Buffer {
    return this.#bytes;
  }

  append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

export class BodyPool {
  readonly #free: Buffer[] = [];

  take(): Body {
    return new Body(this.#free.pop() ?? Buffer.allocUnsafeSlow(firstBytes));
  }

  give(body: Body): void {
    if (body.room.length <= keptBytes && this.#free.length < keptBuffers) this.#free.push(body.room);
  }
}
