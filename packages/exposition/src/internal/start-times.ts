/** Joins the samples of one OpenMetrics family with its `_created` lines. */
import type { Sample } from "../entry.ts";
import type { MetricType } from "../metric-type.ts";

export class StartTimes {
  readonly #without: string | undefined;
  #held: Sample[] = [];
  readonly #created = new Map<string, number>();

  /** @param without - the label that `_created` lines do not have: `le` or `quantile` */
  constructor(without: string | undefined) {
    this.#without = without;
  }

  /** Whether series of this type have a start time. */
  static has(type: MetricType): boolean {
    return type === "counter" || type === "histogram" || type === "summary";
  }

  /** @param seconds - value of the `_created` line, since the Unix epoch */
  add(labels: ReadonlyMap<string, string>, seconds: number): void {
    if (Number.isFinite(seconds)) this.#created.set(this.#key(labels), Math.trunc(seconds * 1000));
  }

  hold(sample: Sample): void {
    this.#held.push(sample);
  }

  /** The samples held, with the start times known by now. */
  release(): Sample[] {
    const held = this.#held;
    this.#held = [];
    if (this.#created.size === 0) return held;
    return held.map((sample) => {
      const startTimestampMs = this.#created.get(this.#key(sample.labels));
      return startTimestampMs === undefined ? sample : { ...sample, startTimestampMs };
    });
  }

  #key(labels: ReadonlyMap<string, string>): string {
    const pairs = [...labels].filter(([name]) => name !== this.#without);
    return JSON.stringify(pairs.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }
}
