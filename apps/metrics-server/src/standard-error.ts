import { writeSync } from "node:fs";

/**
 * Writes at once, so that the last line before the end is not lost. What nobody takes (the reader is gone, or the pipe is full and does
 * not block) is lost without a word: there is no other place to say so, and a log must not end the server.
 */
export function writeToStandardError(text: string): void {
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(2, bytes, at);
  } catch {
    // As above.
  }
}
