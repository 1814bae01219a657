/** Labels (and annotations) of an object. */
import { compareBytes } from "./byte-order.ts";

/** Keys in byte order, as {@link labelsFrom} makes it: encoders rely on that order. */
export type Labels = ReadonlyMap<string, string>;

/** No labels. */
export const noLabels: Labels = new Map();

/** Makes labels from a plain record; keys such as `__proto__` are safe. Absent labels are no labels. */
export function labelsFrom(record: Readonly<Record<string, string>> | undefined | null): Labels {
  if (record === undefined || record === null) return noLabels;
  const keys = Object.keys(record);
  if (keys.length === 0) return noLabels;
  // Go servers send maps sorted, so there is rarely anything to sort.
  if (!isSorted(keys)) keys.sort(compareBytes);
  const labels = new Map<string, string>();
  for (const key of keys) labels.set(key, record[key] ?? "");
  return labels;
}

function isSorted(keys: readonly string[]): boolean {
  let previous = "";
  for (const key of keys) {
    if (compareBytes(previous, key) > 0) return false;
    previous = key;
  }
  return true;
}
