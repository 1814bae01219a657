/**
 * A number as Go's Prometheus library prints it (`strconv.FormatFloat(value, 'g', -1, 64)`): shortest digits, exponent from a million on
 * and below 0.0001. Finite numbers only.
 */
export function goFloat(value: number): string {
  const magnitude = Math.abs(value);
  if ((magnitude >= 1e-4 && magnitude < 1e6) || value === 0) return String(value);
  const text = value.toExponential();
  const mark = text.indexOf("e");
  const exponent = text.slice(mark + 2);
  return `${text.slice(0, mark + 2)}${exponent.length < 2 ? "0" : ""}${exponent}`;
}
