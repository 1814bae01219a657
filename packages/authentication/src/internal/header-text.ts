/** Header values as text. Node hands bytes over as latin-1; clients mean UTF-8. */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads latin-1 text as the UTF-8 it stands for.
 *
 * Never loses a byte: one that is not UTF-8 becomes the lone surrogate U+DC00 + byte, so that two different values
 * stay two different users. JSON and UTF-8 encoders turn it into U+FFFD, which is what Go sends for such a byte.
 */
export function headerText(latin1: string): string {
  if (isAscii(latin1)) return latin1;
  const bytes = Buffer.from(latin1, "latin1");
  try {
    return strict.decode(bytes);
  } catch {
    return keepBadBytes(bytes);
  }
}

/** The bytes that `headerText` was given. */
export function headerBytes(text: string): Buffer {
  const parts = Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character);
  });
  return Buffer.concat(parts);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

function keepBadBytes(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length;) {
    const length = characterLength(bytes, index);
    text +=
      length === 0
        ? String.fromCharCode(0xdc00 + (bytes[index] ?? 0))
        : strict.decode(bytes.subarray(index, index + length));
    index += Math.max(length, 1);
  }
  return text;
}

/** How many bytes the character here has; 0 when they are not UTF-8. */
function characterLength(bytes: Uint8Array, index: number): number {
  const first = bytes[index] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (index + length > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(index, index + length));
    return length;
  } catch {
    return 0;
  }
}
