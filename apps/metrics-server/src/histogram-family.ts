import { HistogramBounds, labelBlock, type LabelBlock, type PageWriter } from "@kubemetrics/exposition";

/** Histograms of one name, one for each value of a label (or a single one): counts in one flat array, no object per observation. */
export class HistogramFamily {
  readonly #name: string;
  readonly #help: string;
  readonly #label: string;
  readonly #bounds: HistogramBounds;
  readonly #rows = new Map<string, { readonly row: number; readonly labels: LabelBlock }>();
  #counts: Float64Array;
  #sums: Float64Array;

  constructor(name: string, help: string, label: string, upperBounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#label = label;
    this.#bounds = new HistogramBounds(upperBounds);
    this.#counts = new Float64Array(8 * this.#bounds.buckets);
    this.#sums = new Float64Array(8);
    // Without a label there is nothing to wait for.
    if (label === "") this.#add("");
  }

  observe(labelValue: string, value: number): void {
    const row = this.#rows.get(labelValue)?.row ?? this.#add(labelValue);
    const at = row * this.#bounds.buckets + this.#bounds.bucketOf(value);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sums[row] = (this.#sums[row] ?? 0) + value;
  }

  write(page: PageWriter): void {
    page.family({ name: this.#name, type: "histogram", help: this.#help });
    for (const { row, labels } of this.#rows.values()) {
      page.histogram(this.#bounds, this.#counts, row * this.#bounds.buckets, this.#sums[row] ?? 0, labels);
    }
  }

  #add(labelValue: string): number {
    const row = this.#rows.size;
    if (row >= this.#sums.length) {
      this.#counts = grown(this.#counts);
      this.#sums = grown(this.#sums);
    }
    this.#rows.set(labelValue, { row, labels: labelBlock(this.#label === "" ? {} : { [this.#label]: labelValue }) });
    return row;
  }
}

function grown(array: Float64Array): Float64Array {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
