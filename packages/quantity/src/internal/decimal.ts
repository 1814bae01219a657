/** Arithmetic on mantissa × 10^scale that stays bounded however far apart the scales are. */
import { QuantityError } from "../quantity-error.ts";
import type { Decimal } from "../quantity.ts";

/** More digits than any quantity needs; an exact sum beyond it is refused, since `1e2147483647` is a valid quantity. */
const maxAlignedDigits = 10_000;
const maxInt64 = 2n ** 63n - 1n;
const minInt64 = -(2n ** 63n);

const smallPowers: readonly bigint[] = Array.from({ length: 40 }, (_, exponent) => 10n ** BigInt(exponent));

export function pow10(exponent: number): bigint {
  return smallPowers[exponent] ?? 10n ** BigInt(exponent);
}

export function clampedToInt64(value: bigint): bigint {
  return value > maxInt64 ? maxInt64 : value < minInt64 ? minInt64 : value;
}

/** `mantissa` ÷ 10^`digits`, rounded away from zero. */
export function dividedAwayFromZero(mantissa: bigint, digits: number): bigint {
  if (mantissa === 0n) return 0n;
  const away = mantissa < 0n ? -1n : 1n;
  if (digits > smallPowers.length && digits >= digitCount(mantissa)) return away;
  const divisor = pow10(digits);
  const quotient = mantissa / divisor;
  return quotient * divisor === mantissa ? quotient : quotient + away;
}

/** The mantissa of the same value at a lower scale. */
export function alignedTo(value: Decimal, scale: number): bigint {
  const digits = value.scale - scale;
  if (digits > maxAlignedDigits) {
    throw new QuantityError(
      "OUT_OF_RANGE",
      `adding quantities ${digits} powers of ten apart is not possible exactly; at most ${maxAlignedDigits} are`,
    );
  }
  return digits === 0 ? value.mantissa : value.mantissa * pow10(digits);
}

export function compareDecimals(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const a = left.mantissa;
  const b = right.mantissa;
  if (left.scale === right.scale || a === 0n || b === 0n || a < 0n !== b < 0n) return order(a, b);
  if (Math.abs(left.scale - right.scale) >= smallPowers.length) {
    const magnitudes = order(digitCount(a) + left.scale, digitCount(b) + right.scale);
    if (magnitudes !== 0) return a < 0n ? (magnitudes === 1 ? -1 : 1) : magnitudes;
    // Equal magnitudes: the scales differ by no more than the digits there are.
  }
  const scale = Math.min(left.scale, right.scale);
  return order(a * pow10(left.scale - scale), b * pow10(right.scale - scale));
}

function order<T extends bigint | number>(a: T, b: T): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

function digitCount(value: bigint): number {
  return value.toString().length - (value < 0n ? 1 : 0);
}
