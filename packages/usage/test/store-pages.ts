/** Feeds batches of plain points to a store, as pages. */
import type { ContainerIdentity, NodePoints, UsageStore } from "../src/index.ts";
import type { Batch, Point, Value } from "./model.ts";

/** A page built row by row; identities stay the same objects from page to page, as a decoder's do. */
export class PageBuilder {
  #identities: ContainerIdentity[] = [];
  readonly #reported = new Set<ContainerIdentity>();

  /** As a decoder that started anew: other objects in another order, for the same names. */
  rearrange(): void {
    this.#identities = this.#identities.toReversed().map((identity) => {
      const other = { ...identity };
      if (this.#reported.delete(identity)) this.#reported.add(other);
      return other;
    });
  }

  /** As a decoder that gives up rows: those of containers that the last page lacked. */
  giveUpRows(): void {
    this.#identities = this.#identities.filter((identity) => this.#reported.has(identity));
  }

  page(node: Point | undefined, pods: Batch["pods"]): NodePoints {
    for (const [pod, containers] of pods) {
      const [namespace = "", name = ""] = pod.split("/");
      for (const container of containers.keys()) {
        const isKnown = (known: ContainerIdentity): boolean =>
          known.namespace === namespace && known.pod === name && known.container === container;
        if (!this.#identities.some(isKnown)) this.#identities.push({ namespace, pod: name, container });
      }
    }
    const size = this.#identities.length;
    const column = (): Float64Array => new Float64Array(size).fill(Number.NaN);
    const page = {
      nodeCpuNs: node === undefined ? Number.NaN : Number(node.cpu),
      nodeMemoryBytes: node === undefined ? Number.NaN : Number(node.mem),
      nodeTimeMs: node === undefined ? Number.NaN : ms(node.ts),
      nodeTimeNanos: node === undefined ? Number.NaN : nanos(node.ts),
      size,
      containers: this.#identities,
      cpuNs: column(),
      memoryBytes: column(),
      timeMs: column(),
      timeNanos: column(),
      startMs: column(),
      startNanos: column(),
    };
    for (const [row, identity] of this.#identities.entries()) {
      const point = pods.get(`${identity.namespace}/${identity.pod}`)?.get(identity.container);
      if (point === undefined) this.#reported.delete(identity);
      else this.#reported.add(identity);
      if (point === undefined) continue;
      page.cpuNs[row] = Number(point.cpu);
      page.memoryBytes[row] = Number(point.mem);
      page.timeMs[row] = ms(point.ts);
      page.timeNanos[row] = nanos(point.ts);
      if (point.start === undefined) continue;
      page.startMs[row] = ms(point.start);
      page.startNanos[row] = nanos(point.start);
    }
    return page;
  }
}

/** Commits a batch: each node's own point as a page of that node, all pods as a page of one more node. */
export class BatchFeeder {
  readonly #store: UsageStore;
  readonly #builders = new Map<string, PageBuilder>();

  constructor(store: UsageStore) {
    this.#store = store;
  }

  commit(batch: Batch): void {
    for (const [name, point] of batch.nodes) this.#commit(`node ${name}`, point, new Map());
    this.#commit("pods", undefined, batch.pods);
  }

  rearrange(): void {
    for (const builder of this.#builders.values()) builder.rearrange();
  }

  giveUpRows(): void {
    for (const builder of this.#builders.values()) builder.giveUpRows();
  }

  node(name: string): Value | undefined {
    const usage = this.#store.node(`node ${name}`);
    if (usage === undefined) return undefined;
    return valueOf(usage, new Map([["", exact(usage)]]));
  }

  pod(key: string): Value | undefined {
    const [namespace = "", name = ""] = key.split("/");
    const usage = this.#store.pod(namespace, name);
    if (usage === undefined) return undefined;
    return valueOf(usage, new Map(usage.containers.map((container) => [container.name, exact(container)])));
  }

  #commit(node: string, point: Point | undefined, pods: Batch["pods"]): void {
    let builder = this.#builders.get(node);
    if (builder === undefined) this.#builders.set(node, (builder = new PageBuilder()));
    this.#store.commit(node, builder.page(point, pods));
  }
}

function valueOf(
  usage: { readonly timeMs: number; readonly timeNanos: number; readonly windowNs: number },
  containers: Value["usage"],
): Value {
  const window = BigInt(usage.windowNs);
  const ts = BigInt(usage.timeMs) * 1_000_000n + BigInt(usage.timeNanos);
  return { ts, window, windows: [window], usage: containers };
}

function exact(usage: { readonly cpuNanocores: number; readonly memoryBytes: number }): { cpu: bigint; mem: bigint } {
  return { cpu: BigInt(usage.cpuNanocores), mem: BigInt(usage.memoryBytes) };
}

function ms(ns: bigint): number {
  return Number((ns - (((ns % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
}

function nanos(ns: bigint): number {
  return Number(((ns % 1_000_000n) + 1_000_000n) % 1_000_000n);
}
