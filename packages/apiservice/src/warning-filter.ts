/** `Warning` headers: what kubectl prints in yellow. */
import type { Filter } from "./filter.ts";
import { whenReady } from "./reply.ts";

/** All texts together may be this long; beyond it each is cut to the second figure. Upstream's figures, in bytes. */
const longestTotal = 4096;
const longestCut = 256;
const mostCut = longestTotal / longestCut;

export function withWarnings(): Filter {
  return (next) => (exchange) =>
    whenReady(next(exchange), (reply) => {
      if (exchange.warnings.length > 0) exchange.headers["warning"] = warningHeaders(exchange.warnings);
      return reply;
    });
}

/** Whether more texts would change nothing. Without that, a body of a hundred thousand faults takes minutes to tell. */
export function areEnoughWarnings(texts: readonly string[]): boolean {
  if (texts.length < mostCut) return false;
  let length = 0;
  for (const text of texts) length += text.length;
  return length > longestTotal;
}

/** Texts as header values: `299 - "text"`. Bytes as latin-1, as Node wants header values. */
export function warningHeaders(texts: readonly string[]): readonly string[] {
  const clean = texts.map((text) => text.replace(/\p{Cc}/gu, " "));
  const total = clean.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const shown = total <= longestTotal ? clean : clean.slice(0, mostCut).map(cut);
  return shown.map((text) => {
    const quoted = text.replace(/["\\]/g, (char) => `\\${char}`);
    return Buffer.from(`299 - "${quoted}"`).toString("latin1");
  });
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= longestCut) return text;
  return bytes
    .subarray(0, longestCut)
    .toString("utf8")
    .replace(/\ufffd+$/, "");
}
