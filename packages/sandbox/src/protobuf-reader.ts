/** The wire form of protobuf: numbered fields, each a number or bytes. */

export type Payload = number | Buffer;

/** Reads the fields of one message. @throws RangeError when it ends too early or is no message */
export class ProtobufReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  field(): { number: number; payload: Payload } {
    const tag = this.#varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        return { number, payload: this.#varint() };
      case 1:
        return { number, payload: this.#take(8) };
      case 2:
        return { number, payload: this.#take(this.#varint()) };
      case 5:
        return { number, payload: this.#take(4) };
      default:
        throw new RangeError(`wire type ${tag % 8}`);
    }
  }

  /** Exact up to 2^53; nothing that is read here is larger. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new RangeError("it ends inside a number");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number of more than 64 bits");
  }

  #take(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw new RangeError("it ends inside a field");
    const part = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return part;
  }
}
