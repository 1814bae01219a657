import { labelBlock, type PageWriter } from "@kubemetrics/exposition";

/** A family with one label, one sample for each of its values; nothing when there is none. */
export function writeCounts(
  page: PageWriter,
  head: { readonly name: string; readonly type: "counter" | "gauge"; readonly help: string },
  label: string,
  counts: readonly (readonly [value: string, count: number])[],
): void {
  if (counts.length === 0) return;
  page.family(head);
  for (const [value, count] of counts) page.sample(count, labelBlock({ [label]: value }));
}
