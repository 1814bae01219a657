/** The strict reader: a page as its metric families. */
import type { Sample } from "./entry.ts";
import { FamilyIndex } from "./internal/family-index.ts";
import type { MetricType } from "./metric-type.ts";
import { readEntries, type ReadOptions } from "./read-entries.ts";

/** What a page says about one metric. */
export interface MetricFamily {
  readonly name: string;
  /** `unknown` without a TYPE line. */
  readonly type: MetricType;
  readonly help: string | undefined;
  /** OpenMetrics only. */
  readonly unit: string | undefined;
  /** In page order; empty when there is only metadata. */
  readonly samples: readonly Sample[];
}

interface Growing {
  readonly name: string;
  type: MetricType;
  help: string | undefined;
  unit: string | undefined;
  readonly samples: Sample[];
}

/**
 * Reads a page whole and groups its samples by family, in the order the families first appear.
 *
 * A sample belongs to the family whose metadata stands above it if its name allows (`x_bucket` to a histogram `x`), else to
 * an earlier family that its name allows, else to the family of its own name. A family that stands in several places of the
 * page is one family.
 *
 * @throws PageInvalid at the first fault
 */
export function readFamilies(page: Uint8Array | string, options: ReadOptions = {}): MetricFamily[] {
  const families = new FamilyIndex<Growing>((name) => ({
    name,
    type: "unknown",
    help: undefined,
    unit: undefined,
    samples: [],
  }));
  for (const entry of readEntries(page, options)) {
    if (entry.kind === "sample") families.ofSample(entry.name).samples.push(entry);
    else if (entry.kind === "type") families.named(entry.name).type = entry.type;
    else if (entry.kind === "help") families.named(entry.name).help = entry.text;
    else if (entry.kind === "unit") families.named(entry.name).unit = entry.text;
  }
  return families.all();
}
