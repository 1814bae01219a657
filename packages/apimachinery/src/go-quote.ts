/** Quotes text as Go's `%q` and `strconv.Quote` do. */

/** Text that Go prints between quotes unchanged: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const plain = /^[[\p{L}\p{M}\p{N}\p{P}\p{S} ]--["\\]]*$/v;
const plainAscii = /^[ !#-[\]-~]*$/;
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
]);

/**
 * Quotes text as Go's `%q` does: `a"b` becomes `"a\"b"`. Error texts that kubectl prints depend on it.
 *
 * Differs from JSON: other escapes for control characters, and everything printable (`ü`, `😀`) stays. Which characters
 * are printable is the runtime's Unicode version's word. A lone surrogate, which Go text cannot hold, becomes U+FFFD.
 *
 * @see Go `strconv.Quote`
 */
export function goQuote(text: string): string {
  if (plainAscii.test(text) || plain.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const char of text) quoted += shortEscapes.get(char) ?? (printable.test(char) ? char : escaped(char));
  return `${quoted}"`;
}

function escaped(char: string): string {
  const rune = char.codePointAt(0) ?? 0;
  if (rune < 0x20 || rune === 0x7f) return `\\x${rune.toString(16).padStart(2, "0")}`;
  if (rune >= 0xd800 && rune <= 0xdfff) return "\ufffd";
  if (rune < 0x1_0000) return `\\u${rune.toString(16).padStart(4, "0")}`;
  return `\\U${rune.toString(16).padStart(8, "0")}`;
}
