/**
 * Decimal digits into the nearest double, without strings.
 *
 * At most 15 digits are one exact multiplication or division by a power of ten (Clinger). Up to 19 digits, which is how Go
 * prints start times, the same is done with a correction term, and the result is used only if the correction's own
 * rounding cannot change it.
 */

/** 10^0 to 10^22: the exact ones. */
export const powersOfTen: readonly number[] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
];

/** Bounds the rounding of the correction term, generously. */
const correctionError = 2 ** -48;

/** 2^27 + 1: halves a double's digits (Veltkamp). */
const splitter = 134217729;

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
export function scale(digits: number, exponent: number): number {
  if (exponent === 0) return digits;
  return exponent < 0 ? digits / (powersOfTen[-exponent] as number) : digits * (powersOfTen[exponent] as number);
}

/** (head × 10^tailDigits + tail) × 10^exponent, correctly rounded; NaN when that cannot be told. */
export function scaleLong(head: number, tail: number, tailDigits: number, exponent: number): number {
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
