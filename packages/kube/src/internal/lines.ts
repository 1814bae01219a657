import { KubeAnswerInvalid } from "../kube-error.ts";

const newline = 0x0a;

/** Cuts a byte stream into lines of UTF-8 text. Empty lines and an unfinished last one are left out. */
export class Lines {
  readonly #maxBytes: number;
  #rest: Uint8Array[] = [];
  #restBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws KubeAnswerInvalid when a line is longer than allowed */
  *push(chunk: Uint8Array): Generator<string, void, void> {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      const line = this.#finish(chunk.subarray(from, at));
      from = at + 1;
      if (line !== "") yield line;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  #keep(part: Uint8Array): void {
    this.#restBytes += part.length;
    if (this.#restBytes > this.#maxBytes)
      throw new KubeAnswerInvalid(`a line of the watch is longer than ${this.#maxBytes} bytes`);
    this.#rest.push(part);
  }

  #finish(part: Uint8Array): string {
    if (this.#restBytes === 0) return text(part);
    this.#keep(part);
    const whole = Buffer.concat(this.#rest, this.#restBytes);
    this.#rest = [];
    this.#restBytes = 0;
    return text(whole);
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
