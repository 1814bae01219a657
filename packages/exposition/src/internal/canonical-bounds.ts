/** Writes the bounds of histogram buckets and summary quantiles one way, so that equal bounds are equal labels. */
import { goFloat } from "./go-float.ts";
import { NumberToken } from "./number-token.ts";

export class CanonicalBounds {
  readonly #number = new NumberToken();
  /** Samples share label maps; so do the results. */
  readonly #known = new Map<ReadonlyMap<string, string>, ReadonlyMap<string, string>>();

  /** The labels with the number in `bound` in OpenMetrics' form; the same map when nothing changes. */
  apply(labels: ReadonlyMap<string, string>, bound: string): ReadonlyMap<string, string> {
    const known = this.#known.get(labels);
    if (known !== undefined) return known;
    const written = labels.get(bound);
    const canonical = written === undefined ? undefined : this.#canonical(written);
    const result = canonical === undefined || canonical === written ? labels : new Map(labels).set(bound, canonical);
    this.#known.set(labels, result);
    return result;
  }

  #canonical(written: string): string | undefined {
    const bytes = Buffer.from(written);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!this.#number.read(bytes, view, 0) || this.#number.end !== bytes.length) return undefined;
    return openMetricsFloat(this.#number.value);
  }
}

/** Always with a point or an exponent: `1.0`. */
export function openMetricsFloat(value: number): string {
  const text = goFloat(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
