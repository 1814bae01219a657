/** Percent-decoding of bytes, by Go's rules. */

const onlyPlainAscii = /^[\x20-\x24\x26-\x2a\x2c-\x7e]*$/;
const percent = 0x25;
const plus = 0x2b;
const space = 0x20;

/**
 * Decodes text whose characters are bytes (latin-1, as Node hands them over) into text.
 *
 * Bytes that are not UTF-8 become U+FFFD, once, for authorization and dispatch alike.
 *
 * @returns `undefined` for an escape that is not two hex digits
 */
export function percentDecode(text: string, plusIsSpace: boolean): string | undefined {
  if (onlyPlainAscii.test(text)) return text;
  const bytes = Buffer.from(text, "latin1");
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] ?? 0;
    if (byte === percent) {
      const high = hexDigit(bytes[at + 1]);
      const low = hexDigit(bytes[at + 2]);
      if (high === undefined || low === undefined) return undefined;
      byte = high * 16 + low;
      at += 2;
    } else if (byte === plus && plusIsSpace) {
      byte = space;
    }
    bytes[length++] = byte;
  }
  return bytes.toString("utf8", 0, length);
}

function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : undefined;
}
