/** Bounds of JSON data: what nests too deeply ends the stack of whoever writes it, now or at every later list. */
import { badRequest } from "@kubemetrics/apimachinery";

/** Levels of lists and objects. Objects of real APIs have a few dozen. */
export const deepest = 500;

const quote = 0x22;
const backslash = 0x5c;

/**
 * Parses JSON that came from outside.
 *
 * @throws StatusError 400 for what is not JSON, nests too deeply, or has a number beyond float64
 */
export function parseBoundedJson(bytes: Uint8Array): unknown {
  if (nestsTooDeeply(bytes)) throw tooDeep();
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    return mayOverflow.test(text) ? JSON.parse(text, finiteOnly) : JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body of the request is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** Data that a patch has made may nest more deeply than the patch. */
export function requireBoundedDepth(value: unknown): void {
  if (isDeeper(value, deepest)) throw tooDeep();
}

function tooDeep(): Error {
  return badRequest(`the body of the request nests lists and objects more than ${deepest} levels deep`);
}

function nestsTooDeeply(bytes: Uint8Array): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      for (at++; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > deepest) return true;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
  return false;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => isDeeper(member, levels - 1));
}

/**
 * Only such texts can hold a number that becomes infinite; the others need no look at each value. Looked for where
 * digits begin: from each digit of each run it would take three hundred times as long.
 */
const mayOverflow = /(?<!\d)\d{300}|\de\+?\d{3}/i;

function finiteOnly(_key: string, value: unknown): unknown {
  if (value === Infinity || value === -Infinity) throw new RangeError("a number is beyond the range of float64");
  return value;
}
