/**
 * A double as Go's exporters write it (`strconv.FormatFloat(value, 'g', -1, 64)`): the shortest digits that give the double
 * back, with a two-digit exponent below 1e-4 and from 1e6 on. `1000000` is `1e+06`.
 */
export function goFloat(value: number): string {
  if (value === Infinity) return "+Inf";
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? "-0" : "0";
  // NaN and -Infinity fall through the comparisons.
  if (size >= 1e-4 && size < 1e6) return String(value);
  if (!Number.isFinite(value)) return size === Infinity ? "-Inf" : "NaN";
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}
