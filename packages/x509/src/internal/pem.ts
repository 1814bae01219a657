/** Finds PEM blocks the way Go's `pem.Decode` does, so that a bundle means the same to both. */

export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

const beginMark = "-----BEGIN ";
const endMark = "\n-----END ";
const dashes = "-----";

/**
 * All well-formed blocks, in order; everything else is skipped without a word, as Go does: text around blocks, blocks
 * whose base64 does not decode or whose END names another type, indented BEGIN lines, a BEGIN right after a dash.
 */
export function* pemBlocks(text: string): Generator<PemBlock> {
  for (let from = 0; ;) {
    const found = nextBlock(text, from);
    if (found === undefined) return;
    yield found.block;
    from = found.next;
  }
}

function nextBlock(text: string, from: number): { block: PemBlock; next: number } | undefined {
  let searchFrom = from;
  for (;;) {
    const end = text.indexOf(endMark, searchFrom);
    if (end < 0) return undefined;
    // The last BEGIN before this END: one without an END of its own is passed over.
    const begin = end === 0 ? -1 : text.lastIndexOf(beginMark, end - beginMark.length);
    const block =
      begin < searchFrom || (begin > searchFrom && text[begin - 1] !== "\n") ? undefined : readBlock(text, begin, end);
    if (block !== undefined) return block;
    searchFrom = end + endMark.length;
  }
}

function readBlock(text: string, begin: number, end: number): { block: PemBlock; next: number } | undefined {
  const typeLine = lineAt(text, begin + beginMark.length);
  if (!typeLine.line.endsWith(dashes)) return undefined;
  const type = typeLine.line.slice(0, -dashes.length);
  let bodyFrom = typeLine.next;
  let hasHeaders = false;
  for (;;) {
    if (bodyFrom >= text.length) return undefined;
    const { line, next } = lineAt(text, bodyFrom);
    if (!line.includes(":")) break;
    hasHeaders = true;
    bodyFrom = next;
  }
  if (hasHeaders && end < bodyFrom) return undefined;
  const trailer = lineAt(text, end + endMark.length);
  if (trailer.line !== type + dashes) return undefined;
  const bytes = decodeBase64(text.slice(bodyFrom, Math.max(bodyFrom, end)));
  return bytes === undefined ? undefined : { block: { type, hasHeaders, bytes }, next: trailer.next };
}

/** A line without its end and without spaces and tabs before that, and where the next one starts. */
function lineAt(text: string, from: number): { line: string; next: number } {
  const newline = text.indexOf("\n", from);
  const stop = newline < 0 ? text.length : newline;
  let end = newline > from && text[newline - 1] === "\r" ? newline - 1 : stop;
  while (end > from && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return { line: text.slice(from, end), next: newline < 0 ? text.length : newline + 1 };
}

/** Standard alphabet, padded, white space anywhere; `undefined` otherwise. Node's decoder would skip what it dislikes. */
function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/[ \t\r\n]/g, "");
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
  return Buffer.from(digits, "base64");
}
