import { labelsFrom, noLabels, type Labels } from "@kubemetrics/apimachinery";

/** Keeps one object for each distinct set of labels: the pods of a ReplicaSet share theirs. Counted, so that sets without users go. */
export class InternedLabels {
  readonly #byKey = new Map<string, { readonly labels: Labels; uses: number }>();

  get size(): number {
    return this.#byKey.size;
  }

  /** Every `take` needs its `release`. */
  take(record: Readonly<Record<string, string>> | null | undefined): Labels {
    const labels = labelsFrom(record);
    if (labels.size === 0) return noLabels;
    const key = keyOf(labels);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.uses++;
      return known.labels;
    }
    this.#byKey.set(key, { labels, uses: 1 });
    return labels;
  }

  release(labels: Labels): void {
    if (labels.size === 0) return;
    const key = keyOf(labels);
    const known = this.#byKey.get(key);
    if (known !== undefined && --known.uses === 0) this.#byKey.delete(key);
  }
}

/** Keys and values cannot contain a NUL. */
function keyOf(labels: Labels): string {
  let key = "";
  for (const [name, value] of labels) key += `${name}\0${value}\0`;
  return key;
}
