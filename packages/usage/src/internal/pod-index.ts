/** Finds pods by namespace and name, also those that two nodes report. */
import type { NodeRecord } from "./node-record.ts";
import type { PodRecord } from "./pod-record.ts";

export class PodIndex {
  readonly #namespaces = new Map<string, Map<string, PodRecord>>();

  /** The record that counts: of several nodes, the one with the youngest container. */
  preferred(namespace: string, name: string): PodRecord | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  ofNode(namespace: string, name: string, node: NodeRecord): PodRecord | undefined {
    let record = this.preferred(namespace, name);
    while (record !== undefined && record.node !== node) record = record.next;
    return record;
  }

  /** Adds a record behind those that are there. */
  add(record: PodRecord): void {
    let names = this.#namespaces.get(record.namespace);
    if (names === undefined) this.#namespaces.set(record.namespace, (names = new Map()));
    const head = names.get(record.name);
    if (head === undefined) names.set(record.name, record);
    else {
      let tail = head;
      while (tail.next !== undefined) tail = tail.next;
      tail.next = record;
    }
    record.isIndexed = true;
  }

  remove(record: PodRecord): void {
    record.isIndexed = false;
    const names = this.#namespaces.get(record.namespace);
    const head = names?.get(record.name);
    if (names === undefined || head === undefined) return;
    if (head === record) {
      if (record.next !== undefined) names.set(record.name, record.next);
      else if (names.delete(record.name) && names.size === 0) this.#namespaces.delete(record.namespace);
    } else {
      let before = head;
      while (before.next !== undefined && before.next !== record) before = before.next;
      before.next = record.next;
    }
    record.next = undefined;
  }

  /** Puts `record` first when its pod is the younger one. A pod of unknown age gives way to any that is known. */
  prefer(record: PodRecord): void {
    const head = this.preferred(record.namespace, record.name);
    if (head === undefined || head === record) return;
    const isYounger = record.newestStartMs > head.newestStartMs || Number.isNaN(head.newestStartMs);
    if (!isYounger || Number.isNaN(record.newestStartMs)) return;
    this.remove(record);
    record.next = head;
    record.isIndexed = true;
    this.#namespaces.get(record.namespace)?.set(record.name, record);
  }

  /** Every record, preferred or not. */
  *all(namespace: string, name: string): Generator<PodRecord> {
    let record = this.preferred(namespace, name);
    while (record !== undefined) {
      const { next } = record;
      yield record;
      record = next;
    }
  }
}
