/**
 * Reads decimal numbers from bytes without building strings.
 *
 * The value is the double nearest to the text, as `Number` in JavaScript and `ParseFloat` in Go give it. Texts of at most
 * 15 digits are one exact division or multiplication by a power of ten (Clinger). Up to 19 digits, which is how Go prints
 * start times, the same is done with a correction term, and the result is used only if the correction's own rounding
 * cannot change it; the few others go through `Number`.
 */
import { DOT, LOWER_E, LOWER_I, LOWER_N, MINUS, NINE, PLUS, ZERO } from "./bytes.ts";

/** Exact in a double. */
const powersOfTen = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
];

/** Bounds the rounding of the correction term, generously. */
const correctionError = 2 ** -48;

/** 2^27 + 1: halves a double's digits (Veltkamp). */
const splitter = 134217729;

/** One number of a page. Kept and reused by its owner, so that reading allocates nothing. */
export class NumberToken {
  /** The value read; a double from the start, so that storing one allocates nothing. */
  value: number = Number.NaN;
  /** Index after the last byte of the number. */
  end = 0;

  /**
   * Reads the number that begins at `at`: decimal digits with point and exponent, `Inf`, `Infinity` and `NaN` in any case.
   * The caller checks what follows at `end`.
   *
   * @param view - the page again, for reading four digits at once
   * @returns false when no number begins there, or it is out of range; `value` and `end` are then meaningless
   */
  read(page: Buffer, view: DataView, at: number): boolean {
    const stop = page.length;
    let i = at;
    let byte = i < stop ? (page[i] as number) : 0;
    const negative = byte === MINUS;
    const signed = negative || byte === PLUS;
    if (signed) i++;
    let head = 0; // the first 12 to 15 digits
    let tail = 0; // the others
    let headDigits = 0;
    let digits = 0;
    let point = -1; // digits before it
    for (;;) {
      const four = i + 4 <= stop ? fourDigits(view.getInt32(i, true)) : -1;
      if (four >= 0) {
        if (headDigits === digits && digits <= 11) {
          head = head * 1e4 + four;
          headDigits += 4;
        } else {
          tail = tail * 1e4 + four;
        }
        digits += 4;
        i += 4;
        continue;
      }
      byte = i < stop ? (page[i] as number) : 0;
      while (byte >= ZERO && byte <= NINE) {
        if (headDigits === digits && digits <= 14) {
          head = head * 10 + (byte - ZERO);
          headDigits++;
        } else {
          tail = tail * 10 + (byte - ZERO);
        }
        digits++;
        byte = ++i < stop ? (page[i] as number) : 0;
      }
      if (byte !== DOT || point >= 0) break;
      point = digits;
      i++;
    }
    if (digits === 0) return point < 0 && this.#readWord(page, i, negative, signed);
    let exponent = point < 0 ? 0 : point - digits;
    if (byte === LOWER_E || byte === LOWER_E - 32) {
      byte = ++i < stop ? (page[i] as number) : 0;
      const down = byte === MINUS;
      if (down || byte === PLUS) byte = ++i < stop ? (page[i] as number) : 0;
      if (byte < ZERO || byte > NINE) return false;
      let written = 0;
      while (byte >= ZERO && byte <= NINE) {
        if (written < 100_000) written = written * 10 + (byte - ZERO);
        byte = ++i < stop ? (page[i] as number) : 0;
      }
      exponent += down ? -written : written;
    }
    this.end = i;
    if (digits > 19 || exponent < -22 || exponent > 22) return this.#readSlowly(page, at, i);
    const magnitude =
      digits === headDigits ? scale(head, exponent) : scaleLong(head, tail, digits - headDigits, exponent);
    if (magnitude !== magnitude) return this.#readSlowly(page, at, i);
    this.value = negative ? -magnitude : magnitude;
    return true;
  }

  /** `Inf`, `Infinity` with or without a sign, `NaN` without, as Go reads them. */
  #readWord(page: Buffer, at: number, negative: boolean, signed: boolean): boolean {
    const first = (page[at] ?? 0) | 32;
    if (first === LOWER_I) {
      const length = hasWord(page, at, "infinity") ? 8 : hasWord(page, at, "inf") ? 3 : 0;
      if (length === 0) return false;
      this.value = negative ? -Infinity : Infinity;
      this.end = at + length;
      return true;
    }
    if (first !== LOWER_N || signed || !hasWord(page, at, "nan")) return false;
    this.value = Number.NaN;
    this.end = at + 3;
    return true;
  }

  /** The text from `from` to `to` is a well-formed decimal. Out of range is refused, as Go refuses it; underflow is zero. */
  #readSlowly(page: Buffer, from: number, to: number): boolean {
    const value = Number(page.toString("latin1", from, to));
    if (value === Infinity || value === -Infinity) return false;
    this.value = value;
    return true;
  }
}

/**
 * The number that four bytes spell, the first in the lowest eight bits; -1 when one is not a digit.
 *
 * All four at once: digits become 0 … 9, anything else leaves a high bit, and two multiplications join the digits.
 */
export function fourDigits(bytes: number): number {
  const digits = bytes ^ 0x30303030;
  if ((((digits + 0x76767676) | digits) & 0x80808080) !== 0) return -1;
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}

/** Exact operands, one rounding. */
function scale(digits: number, exponent: number): number {
  if (exponent === 0) return digits;
  return exponent < 0 ? digits / (powersOfTen[-exponent] as number) : digits * (powersOfTen[exponent] as number);
}

/** (head × 10^tailDigits + tail) × 10^exponent, correctly rounded; NaN when that cannot be told. */
function scaleLong(head: number, tail: number, tailDigits: number, exponent: number): number {
  // The integer as an unevaluated sum of two doubles, exact.
  const shift = powersOfTen[tailDigits] as number;
  const product = head * shift;
  const sum = product + tail;
  const rest = tail - (sum - product) + productError(head, shift, product);
  if (exponent === 0) return sum + rest;
  const power = powersOfTen[exponent < 0 ? -exponent : exponent] as number;
  let first: number;
  let correction: number;
  let uncertain: number;
  if (exponent < 0) {
    first = sum / power;
    const back = first * power;
    const remainder = sum - back - productError(first, power, back); // exact
    correction = (remainder + rest) / power;
    uncertain = Math.abs(correction) * correctionError;
  } else {
    first = sum * power;
    const lost = productError(sum, power, first);
    const more = rest * power;
    correction = lost + more;
    uncertain = (Math.abs(lost) + Math.abs(more)) * correctionError;
  }
  const low = first + (correction - uncertain);
  return low === first + (correction + uncertain) ? low : Number.NaN;
}

/** a × b - product, exactly (Dekker). */
function productError(a: number, b: number, product: number): number {
  const aHigh = a * splitter - (a * splitter - a);
  const aLow = a - aHigh;
  const bHigh = b * splitter - (b * splitter - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** Whether the letters at `at` are `word`, in any case. */
function hasWord(page: Buffer, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    if (((page[at + i] ?? 0) | 32) !== word.charCodeAt(i)) return false;
  }
  return true;
}
