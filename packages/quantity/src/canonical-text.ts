/** The canonical text of a value: no fraction, and the largest suffix that leaves an integer. */
import { alignedTo, compareDecimals, pow10 } from "./internal/decimal.ts";
import type { QuantityFormat } from "./quantity.ts";

const decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/** Largest exponent that the parser reads back unharmed (it cuts exponents to int32), a multiple of three. */
const maxExponent = 2_147_483_646;
/** Beyond this many zeros a decimal suffix gives way to an exponent, so that the text stays short. */
const maxPadding = 300;

/**
 * Prints `mantissa` × 10^`scale` in canonical form, as upstream does, with one difference: a value of 1000E or more
 * keeps its suffix (`1000E`), where upstream loses it and prints `1`.
 *
 * `BinarySI` prints in decimal form below 1024 and for values that are not whole.
 */
export function canonicalText(mantissa: bigint, scale: number, format: QuantityFormat): string {
  if (mantissa === 0n) return "0";
  if (format === "BinarySI") return binaryText(mantissa, scale) ?? decimalText(mantissa, scale, "DecimalSI");
  return decimalText(mantissa, scale, format);
}

function decimalText(mantissa: bigint, scale: number, format: QuantityFormat): string {
  const digits = mantissa.toString();
  let length = digits.length;
  while (digits.charCodeAt(length - 1) === 0x30) length--;
  const largest = scale + digits.length - length;
  const exact = largest - mod3(largest);
  const number = digits.slice(0, length);
  if (format === "DecimalSI" && exact <= 18 + maxPadding) {
    const exponent = Math.min(exact, 18);
    return number + "0".repeat(largest - exponent) + (decimalSuffixes[exponent / 3 + 3] ?? "");
  }
  const exponent = Math.min(exact, maxExponent);
  return number + "0".repeat(largest - exponent) + (exponent === 0 ? "" : `e${exponent}`);
}

function binaryText(mantissa: bigint, scale: number): string | undefined {
  if (scale > maxPadding) return undefined;
  const magnitude = { mantissa: mantissa < 0n ? -mantissa : mantissa, scale };
  if (compareDecimals(magnitude, { mantissa: 1024n, scale: 0 }) < 0) return undefined;
  let amount = scale >= 0 ? alignedTo({ mantissa, scale }, 0) : mantissa / pow10(-scale);
  if (scale < 0 && amount * pow10(-scale) !== mantissa) return undefined;
  let power = 0;
  while (power < 6 && (amount & 1023n) === 0n) {
    amount >>= 10n;
    power++;
  }
  return `${amount}${binarySuffixes[power]}`;
}

function mod3(exponent: number): number {
  return ((exponent % 3) + 3) % 3;
}
