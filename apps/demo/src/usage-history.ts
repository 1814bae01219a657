/** The last CPU values of every node and pod, for the lines beside them. */
import type { UsageReading } from "./usage-reading.ts";

export class UsageHistory {
  readonly #length: number;
  readonly #values = new Map<string, (number | undefined)[]>();

  /** @param length - values kept for each name */
  constructor(length: number) {
    this.#length = length;
  }

  /** Adds a reading. Names that are not in it get a gap, and are forgotten once nothing but gaps is left. */
  add(reading: UsageReading): void {
    const current = new Map<string, number>();
    for (const { name, usage } of reading.nodes) if (usage !== undefined) current.set(nodeKey(name), usage.millicores);
    for (const { namespace, name, usage } of reading.pods) current.set(podKey(namespace, name), usage.millicores);
    for (const key of current.keys()) if (!this.#values.has(key)) this.#values.set(key, []);
    for (const [key, values] of this.#values) {
      values.push(current.get(key));
      if (values.length > this.#length) values.shift();
      if (values.every((value) => value === undefined)) this.#values.delete(key);
    }
  }

  node(name: string): readonly (number | undefined)[] {
    return this.#values.get(nodeKey(name)) ?? [];
  }

  pod(namespace: string, name: string): readonly (number | undefined)[] {
    return this.#values.get(podKey(namespace, name)) ?? [];
  }
}

function nodeKey(name: string): string {
  return `/${name}`;
}

function podKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
