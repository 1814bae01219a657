/** A cluster that is what a test says. */
import { compareBytes, labelsFrom } from "@kubemetrics/apimachinery";
import type { KnownNode, KnownObjects, KnownPod } from "../src/index.ts";

export interface DescribedNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>> | null;
}

export interface DescribedPod extends DescribedNode {
  readonly namespace: string;
}

/** Lists keep their identity until something is put or removed, as caches of real clusters do. */
export class FixedCluster implements KnownObjects {
  readonly #nodes = new Map<string, KnownNode>();
  readonly #pods = new Map<string, KnownPod>();
  readonly #lists = new Map<string | undefined, readonly KnownPod[]>();
  #version = 0;

  constructor(nodes: readonly DescribedNode[] = [], pods: readonly DescribedPod[] = []) {
    for (const { name, labels } of nodes)
      this.#nodes.set(name, { name, labels: labelsFrom(labels), version: ++this.#version });
    for (const pod of pods) this.putPod(pod);
  }

  putPod({ namespace, name, labels }: DescribedPod): void {
    this.#pods.set(`${namespace}/${name}`, { namespace, name, labels: labelsFrom(labels), version: ++this.#version });
    this.#lists.clear();
  }

  removePod(namespace: string, name: string): void {
    this.#pods.delete(`${namespace}/${name}`);
    this.#lists.clear();
  }

  nodes(): readonly KnownNode[] {
    return [...this.#nodes.values()].toSorted((a, b) => compareBytes(a.name, b.name));
  }

  node(name: string): KnownNode | undefined {
    return this.#nodes.get(name);
  }

  pods(namespace: string | undefined): readonly KnownPod[] {
    let list = this.#lists.get(namespace);
    if (list === undefined) {
      list = [...this.#pods.values()]
        .filter((pod) => namespace === undefined || pod.namespace === namespace)
        .toSorted((a, b) => compareBytes(a.namespace, b.namespace) || compareBytes(a.name, b.name));
      this.#lists.set(namespace, list);
    }
    return list;
  }

  pod(namespace: string, name: string): KnownPod | undefined {
    return this.#pods.get(`${namespace}/${name}`);
  }
}
