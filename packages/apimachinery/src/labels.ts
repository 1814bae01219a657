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
  const labels = new Map<string, string>();
  for (const key of keys.toSorted(compareBytes)) labels.set(key, record[key] ?? "");
  return labels;
}
