/** The bytes the formats are made of, by name, and what a name may consist of. */
export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const QUOTE = 34;
export const HASH = 35;
export const PLUS = 43;
export const COMMA = 44;
export const MINUS = 45;
export const DOT = 46;
export const ZERO = 48;
export const NINE = 57;
export const EQUALS = 61;
export const BACKSLASH = 92;
export const UPPER_E = 69;
export const LOWER_E = 101;
export const LOWER_I = 105;
export const LOWER_N = 110;
export const OPEN = 123;
export const CLOSE = 125;

const labelPart = 1;
const namePart = 2;
const digit = 4;

/** What a byte may be part of. */
const classes: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= ZERO && byte <= NINE) return labelPart | namePart | digit;
  const character = String.fromCharCode(byte);
  if (character === ":") return namePart;
  return /[A-Za-z_]/.test(character) ? labelPart | namePart : 0;
});

/** Letters and underscore: what a label name may begin with. */
export function isLabelStart(byte: number): boolean {
  return ((classes[byte] as number) & (labelPart | digit)) === labelPart;
}

/** Digits too: what a label name may go on with. */
export function isLabelPart(byte: number): boolean {
  return ((classes[byte] as number) & labelPart) !== 0;
}

/** Letters, underscore and colon: what an unquoted metric name may begin with. */
export function isNameStart(byte: number): boolean {
  return ((classes[byte] as number) & (namePart | digit)) === namePart;
}

/** Digits too: what an unquoted metric name may go on with. */
export function isNamePart(byte: number): boolean {
  return ((classes[byte] as number) & namePart) !== 0;
}

/** Index of the first byte from `at` on that is neither blank nor tab. */
export function skipBlanks(page: Uint8Array, at: number): number {
  let i = at;
  while (i < page.length && (page[i] === SPACE || page[i] === TAB)) i++;
  return i;
}

/** Index of the next newline, or the page's end. */
export function lineEnd(page: Buffer, at: number): number {
  const end = page.indexOf(LF, at);
  return end < 0 ? page.length : end;
}

/** Looks at bytes as a Buffer without copying them. */
export function asBuffer(page: Uint8Array): Buffer {
  return Buffer.isBuffer(page) ? page : Buffer.from(page.buffer, page.byteOffset, page.byteLength);
}
