/** Exact decimals computed without the package under test. */
export interface Exact {
  readonly mantissa: bigint;
  readonly scale: number;
}

const powers: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** A plain decimal text: `-12.50`. */
export function exactOf(decimal: string): Exact {
  const [whole = "", fraction = ""] = decimal.split(".");
  return { mantissa: BigInt(whole + fraction), scale: 0 - fraction.length };
}

/** The value that a person reads in a quantity's text. */
export function valueOfText(text: string): Exact {
  const match = /^([-+]?)([0-9]*\.?[0-9]*)(.*)$/.exec(text);
  const [, sign = "", number = "", suffix = ""] = match ?? [];
  const { mantissa, scale } = exactOf(number === "" || number === "." ? "0" : number);
  const signed = sign === "-" ? -mantissa : mantissa;
  if (binary.includes(suffix)) return { mantissa: signed << BigInt(10 * binary.indexOf(suffix) + 10), scale };
  return { mantissa: signed, scale: scale + (powers[suffix] ?? Number(suffix.slice(1))) };
}

/** Multiples of 10^`scale`, rounded away from zero; far beyond int64 only the sign and "too large" matter. */
export function roundedAway(value: Exact, scale: number): bigint {
  const shift = value.scale - scale;
  if (shift >= 0) return value.mantissa * 10n ** BigInt(Math.min(shift, 400));
  const divisor = 10n ** BigInt(-shift);
  const quotient = value.mantissa / divisor;
  return quotient * divisor === value.mantissa ? quotient : quotient + (value.mantissa < 0n ? -1n : 1n);
}

export function clampedInt64(value: bigint): bigint {
  const limit = 2n ** 63n;
  return value >= limit ? limit - 1n : value < -limit ? -limit : value;
}

export function isSameValue(a: Exact, b: Exact): boolean {
  if (a.mantissa === 0n || b.mantissa === 0n) return a.mantissa === b.mantissa;
  const scale = Math.min(a.scale, b.scale);
  if (Math.abs(a.scale - b.scale) > 1000) return false;
  return a.mantissa * 10n ** BigInt(a.scale - scale) === b.mantissa * 10n ** BigInt(b.scale - scale);
}
