/** Floating-point numbers as Go prints them. */

/**
 * The shortest text that reads back to the same float64, as `strconv.FormatFloat(x, 'g', -1, 64)`, `%v` and `%g` have it: `1.5`, `1e+06`, `1e-07`.
 *
 * JSON has another form: `goJsonNumber`.
 */
export function goFloat(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN";
  if (Object.is(value, -0)) return "-0";
  const [digits = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  // Between these, JavaScript's own text has no exponent either.
  if (exponent >= -4 && exponent < 6) return String(value);
  const size = Math.abs(exponent).toString().padStart(2, "0");
  return `${digits}e${exponent < 0 ? "-" : "+"}${size}`;
}
