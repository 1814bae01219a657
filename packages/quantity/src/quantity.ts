/** Resource quantities as immutable values: an exact integer mantissa, a power of ten, and the way to print them. */
import { canonicalText } from "./canonical-text.ts";
import { alignedTo, clampedToInt64, compareDecimals, dividedAwayFromZero, pow10 } from "./internal/decimal.ts";

/** How a quantity prints: `12M`, `12Mi` or `12e6`. Empty: no format yet (the zero value), prints as `DecimalExponent`. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent" | "";

/**
 * A Kubernetes resource quantity: `mantissa` × 10^`scale`, exact, never a float. Immutable.
 *
 * ```ts
 * const total = parseQuantity("1.5Gi").add(parseQuantity("512Mi"));
 * `${total}`; // "2Gi"
 * total.value(); // 2147483648n
 * ```
 */
export interface Quantity {
  readonly mantissa: bigint;
  /** Power of ten, −9 (nano) or more. */
  readonly scale: number;
  readonly format: QuantityFormat;

  /** −1, 0 or 1. */
  readonly sign: -1 | 0 | 1;
  readonly isZero: boolean;
  /** Compares values; the format does not matter. */
  compare(other: Decimal): -1 | 0 | 1;
  equals(other: Decimal): boolean;

  /** Exact sum. A zero receiver takes the other's format, as upstream does. @throws QuantityError `OUT_OF_RANGE` */
  add(other: Decimal & { readonly format: QuantityFormat }): Quantity;
  /** Exact difference; format as for `add`. @throws QuantityError `OUT_OF_RANGE` */
  subtract(other: Decimal & { readonly format: QuantityFormat }): Quantity;
  /** Exact product. */
  multiply(by: bigint): Quantity;
  negate(): Quantity;
  /** Rounds away from zero to a multiple of 10^`scale`; the same quantity when it is one already. */
  roundUp(scale: number): Quantity;

  /** Units, rounded away from zero: `1500m` is 2n. Saturates at the int64 range. */
  value(): bigint;
  /** Thousandths, rounded away from zero. Saturates at the int64 range. */
  milliValue(): bigint;
  /** Multiples of 10^`scale`, rounded away from zero. Saturates at the int64 range, where upstream wraps or gives 0. */
  scaledValue(scale: number): bigint;
  /** The value when it is whole and fits in an int64. */
  asInt64(): bigint | undefined;
  /** The nearest double; ±Infinity beyond its range. */
  toNumber(): number;

  /**
   * What upstream prints: the canonical text, except that a freshly parsed text which looks canonical is echoed
   * (`+5Ki`, `1.500`). Any operation drops the kept text.
   */
  toString(): string;
  /** The shortest exact text in this format, whatever was parsed. */
  canonical(): string;
  toJSON(): string;
}

/** Anything with a value: mantissa × 10^scale. */
export interface Decimal {
  readonly mantissa: bigint;
  readonly scale: number;
}

/** Powers of ten by their names in Kubernetes. */
export const scales = {
  nano: -9,
  micro: -6,
  milli: -3,
  unit: 0,
  kilo: 3,
  mega: 6,
  giga: 9,
  tera: 12,
  peta: 15,
  exa: 18,
} as const;

class ExactQuantity implements Quantity {
  readonly mantissa: bigint;
  readonly scale: number;
  readonly format: QuantityFormat;
  readonly #keptText: string | undefined;

  constructor(mantissa: bigint, scale: number, format: QuantityFormat, keptText: string | undefined) {
    this.mantissa = mantissa;
    this.scale = scale;
    this.format = format;
    this.#keptText = keptText;
    Object.freeze(this);
  }

  get sign(): -1 | 0 | 1 {
    return this.mantissa === 0n ? 0 : this.mantissa < 0n ? -1 : 1;
  }

  get isZero(): boolean {
    return this.mantissa === 0n;
  }

  compare(other: Decimal): -1 | 0 | 1 {
    return compareDecimals(this, other);
  }

  equals(other: Decimal): boolean {
    return compareDecimals(this, other) === 0;
  }

  add(other: Decimal & { readonly format: QuantityFormat }): Quantity {
    if (this.isZero) return decimalQuantity(other.mantissa, other.scale, other.format);
    if (other.mantissa === 0n) return decimalQuantity(this.mantissa, this.scale, this.format);
    const scale = Math.min(this.scale, other.scale);
    return decimalQuantity(alignedTo(this, scale) + alignedTo(other, scale), scale, this.format);
  }

  subtract(other: Decimal & { readonly format: QuantityFormat }): Quantity {
    return this.add({ mantissa: -other.mantissa, scale: other.scale, format: other.format });
  }

  multiply(by: bigint): Quantity {
    return decimalQuantity(this.mantissa * by, this.scale, this.format);
  }

  negate(): Quantity {
    return decimalQuantity(-this.mantissa, this.scale, this.format);
  }

  roundUp(scale: number): Quantity {
    if (this.scale >= scale) return this;
    return decimalQuantity(dividedAwayFromZero(this.mantissa, scale - this.scale), scale, this.format);
  }

  value(): bigint {
    return this.scaledValue(scales.unit);
  }

  milliValue(): bigint {
    return this.scaledValue(scales.milli);
  }

  scaledValue(scale: number): bigint {
    const shift = this.scale - scale;
    if (shift < 0) return clampedToInt64(dividedAwayFromZero(this.mantissa, -shift));
    // 10^19 is beyond int64 already, so a longer shift changes nothing but the time it takes.
    return clampedToInt64(this.mantissa * pow10(Math.min(shift, 19)));
  }

  asInt64(): bigint | undefined {
    const value = this.value();
    return this.equals({ mantissa: value, scale: 0 }) ? value : undefined;
  }

  toNumber(): number {
    return Number(`${this.mantissa}e${this.scale}`);
  }

  toString(): string {
    return this.#keptText ?? this.canonical();
  }

  canonical(): string {
    return canonicalText(this.mantissa, this.scale, this.format);
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A whole number of units, like upstream's `NewQuantity`. */
export function quantity(value: bigint, format: QuantityFormat): Quantity {
  return decimalQuantity(value, 0, format);
}

/** Thousandths, like upstream's `NewMilliQuantity`. */
export function milliQuantity(value: bigint, format: QuantityFormat): Quantity {
  return decimalQuantity(value, -3, format);
}

/** `value` × 10^`scale`, like upstream's `NewScaledQuantity`; below nano it is rounded away from zero. */
export function scaledQuantity(value: bigint, scale: number, format: QuantityFormat = "DecimalSI"): Quantity {
  if (scale >= scales.nano) return decimalQuantity(value, scale, format);
  return decimalQuantity(dividedAwayFromZero(value, scales.nano - scale), scales.nano, format);
}

/** The zero without a format: the neutral element of sums. */
export const zeroQuantity: Quantity = decimalQuantity(0n, 0, "");

/** Adds up; the first non-zero term decides the format. @throws QuantityError `OUT_OF_RANGE` */
export function sumQuantities(terms: Iterable<Quantity>): Quantity {
  let sum = zeroQuantity;
  for (const term of terms) sum = sum.add(term);
  return sum;
}

/** Any decimal as it stands. `keptText` is what `toString` echoes. */
export function decimalQuantity(mantissa: bigint, scale: number, format: QuantityFormat, keptText?: string): Quantity {
  return new ExactQuantity(mantissa, scale, format, keptText);
}
