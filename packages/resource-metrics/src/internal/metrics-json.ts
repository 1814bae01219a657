/** Metrics objects as JSON text, as Go writes it. Plain string building: most answers are made of this. */
import {
  formatDuration,
  goJson,
  goJsonString,
  listMetaToJson,
  objectMetaToJson,
  timeToJson,
  type Instant,
  type Labels,
  type ListMeta,
  type ObjectMeta,
  zeroTime,
} from "@kubemetrics/apimachinery";
import type { ContainerMetrics, MetricsObject, MetricsType, ResourceAmount } from "../metrics-object.ts";

/** How many times are remembered: objects of one scrape share theirs. */
const rememberedTimes = 1024;

export class MetricsJson {
  readonly #times = new Map<number, string>();
  /** Pods of one owner share their labels, and so the text of these. */
  readonly #labels = new WeakMap<Labels, string>();

  /** An object as it stands in a list: `{"metadata":…}`. */
  item(object: MetricsObject): string {
    const payload =
      "containers" in object
        ? `"containers":${object.containers === undefined ? "null" : containersText(object.containers)}`
        : `"usage":${usageText(object.usage)}`;
    const window = formatDuration(object.windowNs);
    return `{"metadata":${this.#metadata(object.metadata)},"timestamp":${this.#time(object.timestamp)},"window":"${window}",${payload}}`;
  }

  #metadata(metadata: ObjectMeta): string {
    if (hasUnusualFields(metadata)) return goJson(objectMetaToJson(metadata));
    const { name, namespace, creationTimestamp, labels } = metadata;
    let text = name === undefined || name === "" ? "" : `,"name":${goJsonString(name)}`;
    if (namespace !== undefined && namespace !== "") text += `,"namespace":${goJsonString(namespace)}`;
    const created = this.#time(creationTimestamp);
    if (created !== "null") text += `,"creationTimestamp":${created}`;
    if (labels !== undefined && labels.size > 0) text += `,"labels":${this.#labelsText(labels)}`;
    return `{${text.slice(1)}}`;
  }

  #labelsText(labels: Labels): string {
    let text = this.#labels.get(labels);
    if (text === undefined) this.#labels.set(labels, (text = goJson(labels)));
    return text;
  }

  #time(time: Instant | undefined): string {
    if (time === undefined) return "null";
    const known = this.#times.get(time.seconds);
    if (known !== undefined) return known;
    const text = goJson(timeToJson(time));
    // Around the zero time, the text depends on more than the seconds.
    if (time.seconds === zeroTime.seconds) return text;
    if (this.#times.size >= rememberedTimes) this.#times.clear();
    this.#times.set(time.seconds, text);
    return text;
  }
}

/** `{"kind":"NodeMetrics","apiVersion":"metrics.k8s.io/v1",`: replaces the brace that an item starts with. */
export function objectHeadJson({ kind, apiVersion }: MetricsType): string {
  return `{"kind":"${kind}","apiVersion":"${apiVersion}",`;
}

/** What stands before the items of a list; after them comes `]}` and a line break. */
export function listHeadJson({ kind, apiVersion }: MetricsType, metadata: ListMeta): string {
  return `{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":${goJson(listMetaToJson(metadata))},"items":`;
}

const usualFields: ReadonlySet<string> = new Set(["name", "namespace", "creationTimestamp", "labels"]);

function hasUnusualFields(metadata: ObjectMeta): boolean {
  for (const field in metadata) if (!usualFields.has(field)) return true;
  return false;
}

function containersText(containers: readonly ContainerMetrics[]): string {
  let text = "";
  for (const { name, usage } of containers) text += `,{"name":${goJsonString(name)},"usage":${usageText(usage)}}`;
  return `[${text.slice(1)}]`;
}

function usageText(usage: readonly ResourceAmount[] | undefined): string {
  if (usage === undefined) return "null";
  let text = "";
  for (const { resource, quantity } of usage) text += `,${goJsonString(resource)}:${goJsonString(quantity)}`;
  return `{${text.slice(1)}}`;
}
