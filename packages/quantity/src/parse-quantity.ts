/** From text to quantity, with upstream's rules and oddities (apimachinery `pkg/api/resource`). */
import { dividedAwayFromZero, pow10 } from "./internal/decimal.ts";
import { splitQuantity } from "./internal/split-quantity.ts";
import { QuantityError } from "./quantity-error.ts";
import { decimalQuantity, type Quantity, type QuantityFormat } from "./quantity.ts";

const maxInt64 = 2n ** 63n - 1n;

interface Suffix {
  readonly format: QuantityFormat;
  /** Power of ten, or of two for `BinarySI`. */
  readonly exponent: number;
}

const knownSuffixes: ReadonlyMap<string, Suffix> = new Map<string, Suffix>([
  ...["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].map(
    (suffix, index) => [suffix, { format: "DecimalSI", exponent: index * 3 - 9 }] as const,
  ),
  ...["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].map(
    (suffix, index) => [suffix, { format: "BinarySI", exponent: index * 10 + 10 }] as const,
  ),
]);

/**
 * Reads a quantity: `150335822n`, `500m`, `1.5Gi`, `12e6`.
 *
 * As lenient as upstream: a sign or a dot alone is zero, leading zeros and a trailing dot are fine, an exponent is cut
 * to int32. Values finer than nano round away from zero; `BinarySI` values stop at ±(2^63−1). Time is bounded by the
 * length of the text, whatever the exponent says.
 *
 * @throws QuantityError `FORMAT_WRONG`, `SUFFIX_WRONG`, `NUMBER_MISSING`
 */
export function parseQuantity(text: string): Quantity {
  if (text === "0") return decimalQuantity(0n, 0, "DecimalSI", text);
  const { negative, whole, fraction, hasDigits, suffix: suffixText } = splitQuantity(text);
  const suffix = knownSuffixes.get(suffixText) ?? exponentSuffix(suffixText);
  const digits = (whole === "" ? "0" : whole) + fraction;
  if (isShort(digits.length, fraction.length, suffix)) return shortQuantity(text, negative, digits, fraction, suffix);
  if (!hasDigits) throw new QuantityError("NUMBER_MISSING", "unable to parse numeric part of quantity");
  return longQuantity(negative, digits, fraction, suffix);
}

function exponentSuffix(text: string): Suffix {
  if (text.length > 1 && (text[0] === "e" || text[0] === "E")) {
    const digits = text.slice(1).replace(/^([-+]?)0+(?=[0-9])/, "$1");
    // Longer texts are beyond int64 for certain; they are refused before BigInt has to read them.
    if (/^[-+]?[0-9]{1,19}$/.test(digits)) {
      const exponent = BigInt(digits.replace("+", ""));
      if (BigInt.asIntN(64, exponent) === exponent) {
        return { format: "DecimalExponent", exponent: Number(BigInt.asIntN(32, exponent)) };
      }
    }
  }
  throw new QuantityError("SUFFIX_WRONG", "unable to parse quantity's suffix");
}

/** Upstream's test for its int64 form. It matters because only that form keeps the parsed text. */
function isShort(digits: number, fractionDigits: number, { format, exponent }: Suffix): boolean {
  if (format === "BinarySI") return fractionDigits === 0 && digits + Math.trunc((exponent * 3) / 10) <= 14;
  return digits <= 18 && exponent - fractionDigits >= -9;
}

function shortQuantity(text: string, negative: boolean, digits: string, fraction: string, suffix: Suffix): Quantity {
  const written = Number(digits) <= Number.MAX_SAFE_INTEGER ? BigInt(Number(digits)) : BigInt(digits);
  const magnitude = suffix.format === "BinarySI" ? written << BigInt(suffix.exponent) : written;
  const scale = suffix.format === "BinarySI" ? 0 : suffix.exponent - fraction.length;
  const looksCanonical =
    suffix.format === "BinarySI"
      ? (written & 7n) !== 0n
      : scale % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
  return valueOf(negative, magnitude, scale, suffix.format, looksCanonical ? text : undefined);
}

function longQuantity(negative: boolean, digits: string, fraction: string, suffix: Suffix): Quantity {
  if (suffix.format === "BinarySI") return longBinary(negative, digits, fraction, suffix.exponent);
  // Zeros at either end are taken off as text: a megabyte of them must not become a bigint.
  const significant = digits.slice(zerosAtStart(digits), digits.length - zerosAtEnd(digits));
  const scale = suffix.exponent - fraction.length + zerosAtEnd(digits);
  const excess = -9 - scale;
  if (excess <= 0) return valueOf(negative, BigInt(significant), scale, suffix.format, undefined);
  // The last digit dropped is not a zero, so the rest always rounds up.
  const kept = excess >= significant.length ? 0n : BigInt(significant.slice(0, -excess));
  return valueOf(negative, significant === "" ? 0n : kept + 1n, -9, suffix.format, undefined);
}

function longBinary(negative: boolean, digits: string, fraction: string, exponent: number): Quantity {
  if (digits.length - fraction.length > 19) return valueOf(negative, maxInt64, 0, "BinarySI", undefined);
  const exact = BigInt(digits) << BigInt(exponent);
  const nano = fraction.length - 9;
  const rounded = nano > 0 ? dividedAwayFromZero(exact, nano) : exact;
  const scale = nano > 0 ? -9 : -fraction.length;
  const unit = pow10(-scale);
  if (rounded > maxInt64 * unit) return valueOf(negative, maxInt64, 0, "BinarySI", undefined);
  return valueOf(negative, rounded, scale, rounded < unit && rounded !== 0n ? "DecimalSI" : "BinarySI", undefined);
}

function valueOf(
  negative: boolean,
  magnitude: bigint,
  scale: number,
  format: QuantityFormat,
  keptText: string | undefined,
): Quantity {
  if (magnitude === 0n) return decimalQuantity(0n, 0, format);
  return decimalQuantity(negative ? -magnitude : magnitude, scale, format, keptText);
}

function zerosAtStart(digits: string): number {
  let at = 0;
  while (digits.charCodeAt(at) === 0x30) at++;
  return at;
}

function zerosAtEnd(digits: string): number {
  let at = digits.length;
  while (digits.charCodeAt(at - 1) === 0x30) at--;
  return digits.length - at;
}
