/** One scrape: choose the endpoint, get the page, decode it, hand over the points. */
import { CadvisorDecoder } from "./cadvisor-decoder.ts";
import { systemClock, type Clock } from "./clock.ts";
import { noUsage } from "./internal/no-usage.ts";
import { closedFailure } from "./internal/request-failure.ts";
import type { KubeletClient } from "./kubelet-client.ts";
import { kubeletEndpoint, type EndpointOptions, type KubeletEndpoint } from "./kubelet-endpoint.ts";
import { KubeletError } from "./kubelet-error.ts";
import { NameTable } from "./name-table.ts";
import type { NodePoints, PointSink } from "./node-points.ts";
import type { PageDecoder } from "./page-decoder.ts";
import { PointColumns } from "./point-columns.ts";
import { ResourceDecoder } from "./resource-decoder.ts";
import type { ScrapeTarget } from "./scrape-target.ts";
import { SummaryDecoder } from "./summary-decoder.ts";

/** Which endpoint the points come from. `resource` is the cheap one; the others are for kubelets that lack it. */
export type PointSource = "resource" | "cadvisor" | "summary";

export interface ScrapeResult {
  readonly source: PointSource;
  readonly pageBytes: number;
  /** Containers with a complete reading. */
  readonly containers: number;
  /** Lines or values left out, in all and by reason. */
  readonly rejected: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly firstRejected: string | undefined;
}

/** What the schedule runs for a node. */
export interface Scraper {
  /** @throws KubeletError */
  scrape(target: ScrapeTarget, timeoutMs: number): Promise<ScrapeResult>;
  /** The node is gone: connections and identities of it are dropped, a running scrape ends with `CLOSED`. */
  forget(node: string): void;
}

export interface KubeletScraperOptions {
  readonly client: KubeletClient;
  readonly endpoint: EndpointOptions;
  readonly sink: PointSink;
  /**
   * Tried in order: the next one is used when a kubelet answers 404, and kept for ten minutes. A node with its own path
   * (annotation) has no other source. Default `["resource", "cadvisor"]`.
   */
  readonly sources?: readonly PointSource[] | undefined;
  readonly clock?: Clock | undefined;
}

interface NodeState {
  target: ScrapeTarget;
  endpoint: KubeletEndpoint;
  source: number;
  /** When the first source is tried again. */
  retryFirstMs: number;
  decoder: PageDecoder | undefined;
}

const keepFallbackMs = 600_000;

/** Scrapes kubelets with a client and commits what they say. */
export class KubeletScraper implements Scraper {
  readonly #options: KubeletScraperOptions;
  readonly #sources: readonly PointSource[];
  readonly #clock: Clock;
  readonly #nodes = new Map<string, NodeState>();
  readonly #shared = { columns: new PointColumns(), names: new NameTable() };

  constructor(options: KubeletScraperOptions) {
    this.#options = options;
    this.#sources = options.sources ?? ["resource", "cadvisor"];
    this.#clock = options.clock ?? systemClock;
  }

  async scrape(target: ScrapeTarget, timeoutMs: number): Promise<ScrapeResult> {
    const state = this.#state(target);
    const untilMs = this.#clock.now() + timeoutMs;
    if (state.source > 0 && this.#clock.now() >= state.retryFirstMs) this.#use(state, 0);
    for (;;) {
      try {
        return await this.#get(state, untilMs - this.#clock.now());
      } catch (error) {
        if (!this.#hasOtherSource(state, error)) throw error;
        this.#use(state, state.source + 1);
        state.retryFirstMs = this.#clock.now() + keepFallbackMs;
      }
    }
  }

  forget(node: string): void {
    this.#nodes.delete(node);
    this.#options.client.forget(node);
  }

  #get(state: NodeState, timeoutMs: number): Promise<ScrapeResult> {
    const { endpoint } = state;
    const source = this.#sources[state.source] ?? "resource";
    const path = pathOf(source, endpoint);
    const requestMs = this.#clock.now();
    return this.#options.client.get(endpoint, path, timeoutMs, (page) => {
      if (this.#nodes.get(endpoint.node) !== state) throw closedFailure(endpoint);
      state.decoder ??= this.#decoder(source, endpoint.node);
      const { points, rejected, rejectedBy, firstRejected } = state.decoder.decode(page, requestMs);
      const { containers, hasUsage } = readingsIn(points);
      if (!hasUsage && rejected === 0) throw noUsage(endpoint, path, page);
      this.#options.sink.commit(endpoint.node, points);
      return { source, pageBytes: page.length, containers, rejected, rejectedBy, firstRejected };
    });
  }

  #hasOtherSource(state: NodeState, error: unknown): boolean {
    const isMissing = error instanceof KubeletError && error.code === "NOT_FOUND";
    const isOwnPath = this.#sources[state.source] === "resource" && state.endpoint.resourcePath !== resourcePath;
    return isMissing && !isOwnPath && state.source + 1 < this.#sources.length;
  }

  #use(state: NodeState, source: number): void {
    state.source = source;
    state.decoder = undefined;
  }

  #state(target: ScrapeTarget): NodeState {
    const known = this.#nodes.get(target.name);
    if (known?.target === target) return known;
    const endpoint = kubeletEndpoint(target, this.#options.endpoint);
    if (known !== undefined) return Object.assign(known, { target, endpoint });
    const made = { target, endpoint, source: 0, retryFirstMs: 0, decoder: undefined };
    this.#nodes.set(target.name, made);
    return made;
  }

  #decoder(source: PointSource, node: string): PageDecoder {
    if (source === "cadvisor") return new CadvisorDecoder(node, this.#shared);
    if (source === "summary") return new SummaryDecoder(node, this.#shared);
    return new ResourceDecoder(node, this.#shared);
  }
}

const resourcePath = "/metrics/resource";

function pathOf(source: PointSource, endpoint: KubeletEndpoint): string {
  if (source === "cadvisor") return "/metrics/cadvisor";
  return source === "summary" ? "/stats/summary" : endpoint.resourcePath;
}

/** How many containers have a complete reading, and whether anything at all was read. */
function readingsIn(points: NodePoints): { readonly containers: number; readonly hasUsage: boolean } {
  const { nodeCpuNs, nodeMemoryBytes, cpuNs, memoryBytes, startMs, size } = points;
  let hasUsage = isRead(nodeCpuNs) || isRead(nodeMemoryBytes);
  let containers = 0;
  for (let row = 0; row < size; row++) {
    if (isRead(cpuNs[row]) && isRead(memoryBytes[row])) containers++;
    else if (!hasUsage) hasUsage = isRead(cpuNs[row]) || isRead(memoryBytes[row]) || isRead(startMs[row]);
  }
  return { containers, hasUsage: hasUsage || containers > 0 };
}

const isRead = (value = Number.NaN): boolean => !Number.isNaN(value);
