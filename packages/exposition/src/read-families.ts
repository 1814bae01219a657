/** The strict reader: a page as its metric families. */
import type { Sample } from "./entry.ts";
import { isSampleOf, type MetricType } from "./metric-type.ts";
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
  name: string;
  type: MetricType;
  help: string | undefined;
  unit: string | undefined;
  samples: Sample[];
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
  const families = new Map<string, Growing>();
  const named = (name: string): Growing => {
    let family = families.get(name);
    if (family === undefined) {
      family = { name, type: "unknown", help: undefined, unit: undefined, samples: [] };
      families.set(name, family);
    }
    return family;
  };
  let current: Growing | undefined;
  for (const entry of readEntries(page, options)) {
    switch (entry.kind) {
      case "sample":
        if (current === undefined || !isSampleOf(entry.name, current.name, current.type)) {
          current = earlier(families, entry.name) ?? named(entry.name);
        }
        current.samples.push(entry);
        break;
      case "type":
        current = named(entry.name);
        current.type = entry.type;
        break;
      case "help":
        current = named(entry.name);
        current.help = entry.text;
        break;
      case "unit":
        current = named(entry.name);
        current.unit = entry.text;
        break;
      case "comment":
        break;
    }
  }
  return [...families.values()];
}

/** A family already read that may have a sample of this name. */
function earlier(families: ReadonlyMap<string, Growing>, sample: string): Growing | undefined {
  const same = families.get(sample);
  if (same !== undefined) return same;
  const suffix = sample.lastIndexOf("_");
  const family = suffix > 0 ? families.get(sample.slice(0, suffix)) : undefined;
  return family !== undefined && isSampleOf(sample, family.name, family.type) ? family : undefined;
}
