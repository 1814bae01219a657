/** Writes what was read. */
import { labelBlock } from "./label-block.ts";
import { boundLabel } from "./metric-type.ts";
import type { PageWriter } from "./page-writer.ts";
import type { MetricFamily } from "./read-families.ts";

/**
 * Writes a family as `readFamilies` gives it, in the writer's format.
 *
 * @throws MetricInvalid when a name cannot be written, or the page has the family already
 */
export function writeFamily(writer: PageWriter, family: MetricFamily): void {
  const { type, samples, help, unit } = family;
  // OpenMetrics names the family of `requests_total` `requests`, the text format `requests_total`.
  const total = type === "counter" && samples.some(({ name }) => name === `${family.name}_total`);
  writer.family({ name: total ? `${family.name}_total` : family.name, type, help, unit });
  const bound = boundLabel(type);
  const started = new Set<string>();
  for (const { name, labels, value, timestampMs, exemplar } of samples) {
    const block = labelBlock(labels);
    if (type === "counter" || type === "info") writer.sample(value, block, timestampMs, exemplar);
    else writer.part(name.slice(family.name.length), value, block, timestampMs, exemplar);
  }
  for (const { labels, startTimestampMs } of samples) {
    if (startTimestampMs === undefined) continue;
    const own = new Map([...labels].filter(([label]) => label !== bound));
    const key = JSON.stringify([...own].toSorted(([one], [other]) => (one < other ? -1 : 1)));
    if (!started.has(key)) writer.created(startTimestampMs, labelBlock(own));
    started.add(key);
  }
}
