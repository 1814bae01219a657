/** Indents compact JSON text without reading what it says. */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const space = 0x20;
const newline = 0x0a;

/**
 * Two spaces a level and no final newline, as Go's `MarshalIndent`; empty objects and lists stay on one line.
 *
 * @param segments - compact JSON text, cut anywhere
 */
export function indentJson(segments: readonly Uint8Array[]): Uint8Array {
  const text = segments.length === 1 && segments[0] !== undefined ? segments[0] : Buffer.concat(segments);
  const out = new IndentedText(text.length * 2 + 64);
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    switch (byte) {
      case quote: {
        const end = endOfString(text, at);
        out.copy(text, at, end);
        at = end - 1;
        break;
      }
      case 0x7b: // {
      case 0x5b: // [
        out.put(byte);
        if (text[at + 1] === byte + 2) {
          out.put(byte + 2);
          at++;
        } else {
          out.line(++depth);
        }
        break;
      case 0x7d: // }
      case 0x5d: // ]
        out.line(--depth);
        out.put(byte);
        break;
      case comma:
        out.put(byte);
        out.line(depth);
        break;
      case colon:
        out.put(byte);
        out.put(space);
        break;
      case newline:
        break;
      default:
        out.put(byte);
    }
  }
  return out.bytes();
}

function endOfString(text: Uint8Array, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === backslash) at++;
    else if (text[at] === quote) return at + 1;
  }
  return text.length;
}

class IndentedText {
  #buffer: Buffer;
  #length = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  put(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = byte;
  }

  line(depth: number): void {
    const width = Math.max(0, depth) * 2;
    this.#reserve(width + 1);
    this.#buffer[this.#length++] = newline;
    this.#buffer.fill(space, this.#length, this.#length + width);
    this.#length += width;
  }

  copy(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#buffer.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe((this.#length + size) * 2);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
