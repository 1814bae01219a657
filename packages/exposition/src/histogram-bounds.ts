/** The buckets of a histogram made ready for writing. */
import { openMetricsFloat } from "./internal/canonical-bounds.ts";
import { goFloat } from "./internal/go-float.ts";
import { MetricInvalid } from "./exposition-error.ts";
import type { Format } from "./format.ts";

/** Upper bounds of a histogram's buckets. Make it once; any number of series may share it. */
export class HistogramBounds {
  /** Upper bounds, inclusive, ascending, without the last one, which is infinite. */
  readonly upper: readonly number[];
  /** `le="…"` of each bucket, the infinite one included. */
  readonly #labels: Readonly<Record<Format, readonly Uint8Array[]>>;

  /** @throws MetricInvalid when the bounds do not ascend or are not finite */
  constructor(upper: readonly number[]) {
    const bad = upper.findIndex((bound, i) => !Number.isFinite(bound) || (i > 0 && bound <= (upper[i - 1] as number)));
    if (bad >= 0) {
      throw new MetricInvalid(
        "BOUNDS",
        `histogram bound ${bad} (${String(upper[bad])}) must be finite and above the one before it`,
      );
    }
    this.upper = [...upper];
    const encode = (text: (bound: number) => string): Uint8Array[] =>
      [...upper, Infinity].map((bound) => Buffer.from(`le="${text(bound)}"`));
    this.#labels = { text: encode(goFloat), openmetrics: encode(openMetricsFloat) };
  }

  /** Buckets, the infinite one included: how many counts a series has. */
  get buckets(): number {
    return this.upper.length + 1;
  }

  /** Which bucket a value falls into; the infinite one for NaN. */
  bucketOf(value: number): number {
    let low = 0;
    let high = this.upper.length;
    if (!(value <= (this.upper[high - 1] ?? -Infinity))) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (this.upper[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** @internal */
  labels(format: Format): readonly Uint8Array[] {
    return this.#labels[format];
  }
}
