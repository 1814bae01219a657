/** Decodes `/stats/summary`: the kubelet's JSON, which knows swap and ephemeral storage besides CPU and memory. */
import { ContainerRows } from "./internal/container-rows.ts";
import { isTimeMs, wholeBytes } from "./internal/counter-value.ts";
import { Rejections } from "./internal/rejections.ts";
import { KubeletError } from "./kubelet-error.ts";
import { NameTable } from "./name-table.ts";
import type { DecodedPage, DecoderOptions, PageDecoder } from "./page-decoder.ts";
import { PointColumns } from "./point-columns.ts";

/** Bytes a pod uses on its node's disk: writable layers, logs, emptyDir volumes. */
export interface EphemeralStorage {
  readonly namespace: string;
  readonly pod: string;
  readonly usedBytes: number;
}

/** A summary as points, and what only the summary has. */
export interface DecodedSummary extends DecodedPage {
  /** The node's swap in use; NaN when it is not reported. */
  readonly nodeSwapBytes: number;
  /** Swap of each row's container; NaN when it is not reported. */
  readonly swapBytes: Float64Array;
  readonly ephemeralStorage: readonly EphemeralStorage[];
}

/** The part of the kubelet's `Summary` that is read. Everything may be missing. */
interface Summary {
  readonly node?: Stats | null;
  readonly pods?: readonly PodStats[] | null;
}

interface Stats {
  readonly startTime?: string | null;
  readonly cpu?: { readonly time?: string; readonly usageCoreNanoSeconds?: number } | null;
  readonly memory?: { readonly time?: string; readonly workingSetBytes?: number } | null;
  readonly swap?: { readonly swapUsageBytes?: number } | null;
}

interface PodStats {
  readonly podRef?: { readonly name?: string; readonly namespace?: string } | null;
  readonly containers?: readonly (Stats & { readonly name?: string })[] | null;
  readonly "ephemeral-storage"?: { readonly usedBytes?: number } | null;
}

/**
 * Decodes the summary of one node. Its times are whole seconds: a rate over a 15 s window may be off by 7 %.
 *
 * Needs the right `nodes/stats get`.
 */
export class SummaryDecoder implements PageDecoder {
  readonly #node: string;
  readonly #columns: PointColumns;
  readonly #rows: ContainerRows;
  readonly #rejections = new Rejections();

  constructor(node: string, options: DecoderOptions = {}) {
    this.#node = node;
    this.#columns = options.columns ?? new PointColumns();
    this.#rows = new ContainerRows(options.names ?? new NameTable());
  }

  decode(page: Uint8Array, requestMs: number): DecodedSummary {
    const summary = this.#parse(page);
    const columns = this.#columns;
    this.#rejections.clear();
    columns.clear();
    columns.grow(this.#rows.identities.length);
    const swap = new Map<number, number>();
    const ephemeralStorage: EphemeralStorage[] = [];
    if (isObject(summary.node)) this.#readNode(summary.node, requestMs);
    for (const pod of asList(summary.pods)) {
      const namespace = pod.podRef?.namespace;
      const name = pod.podRef?.name;
      if (typeof namespace !== "string" || typeof name !== "string") {
        this.#rejections.add("labels-missing", "a pod without name and namespace");
        continue;
      }
      const usedBytes = pod["ephemeral-storage"]?.usedBytes;
      if (typeof usedBytes === "number") ephemeralStorage.push({ namespace, pod: name, usedBytes });
      for (const container of asList(pod.containers)) {
        if (typeof container.name !== "string") {
          this.#rejections.add("labels-missing", `a container of pod ${namespace}/${name} without name`);
          continue;
        }
        const row = this.#rows.rowOf(namespace, name, container.name);
        columns.grow(row + 1);
        this.#readContainer(row, container, requestMs);
        if (typeof container.swap?.swapUsageBytes === "number") swap.set(row, container.swap.swapUsageBytes);
      }
    }
    columns.containers = this.#rows.identities;
    this.#rows.endPage((row) => columns.isReported(row));
    const swapBytes = Float64Array.from({ length: columns.size }, (_, row) => swap.get(row) ?? Number.NaN);
    const nodeSwapBytes = summary.node?.swap?.swapUsageBytes ?? Number.NaN;
    const { rejected, rejectedBy, firstRejected } = this.#rejections;
    return { points: columns, rejected, rejectedBy, firstRejected, nodeSwapBytes, swapBytes, ephemeralStorage };
  }

  #parse(page: Uint8Array): Summary {
    let parsed: unknown;
    let cause: unknown;
    try {
      parsed = JSON.parse(Buffer.from(page.buffer, page.byteOffset, page.byteLength).toString("utf8"));
    } catch (error) {
      cause = error;
    }
    if (isObject(parsed) && (isObject(parsed["node"]) || Array.isArray(parsed["pods"]))) return parsed as Summary;
    throw new KubeletError(
      "NOT_METRICS",
      `node ${JSON.stringify(this.#node)}: /stats/summary is no summary: ` +
        `${cause === undefined ? 'it has neither "node" nor "pods"' : (cause as Error).message}; ` +
        "check that address and port lead to the kubelet and not to a proxy or another server",
      { node: this.#node, cause },
    );
  }

  #readNode(stats: Stats, requestMs: number): void {
    const cpuNs = this.#number("node CPU", stats.cpu?.usageCoreNanoSeconds);
    if (!Number.isNaN(cpuNs)) this.#columns.setNodeCpu(cpuNs, timeOf(stats.cpu?.time, requestMs), 0);
    this.#columns.nodeMemoryBytes = this.#number("node memory", stats.memory?.workingSetBytes);
  }

  #readContainer(row: number, stats: Stats, requestMs: number): void {
    const cpuNs = this.#number("container CPU", stats.cpu?.usageCoreNanoSeconds);
    if (!Number.isNaN(cpuNs)) this.#columns.setCpu(row, cpuNs, timeOf(stats.cpu?.time, requestMs), 0);
    this.#columns.memoryBytes[row] = this.#number("container memory", stats.memory?.workingSetBytes);
    const startMs = timeOf(stats.startTime ?? undefined, Number.NaN);
    this.#columns.startMs[row] = startMs;
    this.#columns.startNanos[row] = Number.isNaN(startMs) ? Number.NaN : 0;
  }

  #number(what: string, value: unknown): number {
    if (value === undefined || value === null) return Number.NaN;
    const whole = typeof value === "number" ? wholeBytes(value) : Number.NaN;
    if (Number.isNaN(whole)) this.#rejections.add("value-range", `${what} is ${JSON.stringify(value)}`);
    return whole;
  }
}

function timeOf(text: unknown, otherwise: number): number {
  const ms = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return isTimeMs(ms) ? ms : otherwise;
}

function asList<T>(list: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(list) ? list.filter((item) => Boolean(item)) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
