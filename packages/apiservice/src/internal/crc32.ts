/** CRC-32 of texts that were summed apart, joined without reading them again. */
import { crc32 } from "node:zlib";

/** The polynomial of gzip, bits reversed. */
const polynomial = 0xedb88320;

/** A sum, and what joining it to another one needs. */
export interface PartSum {
  readonly crc: number;
  /** x to the power of eight times the length, modulo the polynomial. */
  readonly shift: number;
}

export function partSum(bytes: Uint8Array): PartSum {
  return { crc: crc32(bytes), shift: powerOfX(bytes.length * 8) };
}

/** The sum of the bytes behind `crc` followed by those of `next`. */
export function joinedCrc(crc: number, next: PartSum): number {
  return (multiply(next.shift, crc) ^ next.crc) >>> 0;
}

/** Product of two polynomials modulo the polynomial. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let mask = 0x80000000; mask !== 0; mask >>>= 1) {
    if ((a & mask) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ polynomial;
  }
  return product >>> 0;
}

function powerOfX(exponent: number): number {
  let power = 0x80000000; // 1
  let square = 0x40000000; // x
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(square, power);
    square = multiply(square, square);
  }
  return power;
}
