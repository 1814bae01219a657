import { labelBlock, type LabelBlock, type PageWriter } from "@kubemetrics/exposition";
import type { ScrapeObserver, ScrapeReport } from "@kubemetrics/kubelet";
import { HistogramFamily } from "./histogram-family.ts";
import { defaultBuckets, tickBuckets } from "./metric-buckets.ts";

export interface ScrapeMetricsOptions {
  readonly resolutionMs: number;
  /** Whether a value of the node is served. */
  readonly isServed: (node: string) => boolean;
}

interface NodeSeries {
  readonly labels: LabelBlock;
  lastRequestMs: number;
  /** Why the last scrape failed. */
  failure: string | undefined;
}

const outcomes = { true: labelBlock({ success: "true" }), false: labelBlock({ success: "false" }) };

/** What became of scrapes. Series of a node go with it. */
export class ScrapeMetrics implements ScrapeObserver {
  readonly #options: ScrapeMetricsOptions;
  readonly #durations = new HistogramFamily(
    "metrics_server_kubelet_request_duration_seconds",
    "Time that requests to kubelets took, in seconds, by node",
    "node",
    defaultBuckets,
  );
  readonly #ticks: HistogramFamily;
  readonly #nodes = new Map<string, NodeSeries>();
  readonly #failures = new Map<string, number>();
  readonly #rejected = new Map<string, number>();
  #succeeded = 0;
  #failed = 0;
  #bytes = 0;
  /** The period under way: when it began, and the longest time a node took in it. */
  #period = { startedMs: Number.NaN, longestMs: 0 };

  constructor(options: ScrapeMetricsOptions) {
    this.#options = options;
    this.#ticks = new HistogramFamily(
      "metrics_server_manager_tick_duration_seconds",
      "The longest time, in seconds, that a node took in a period, waiting included",
      "",
      tickBuckets(options.resolutionMs / 1000),
    );
  }

  scraped({ node, startedMs, durationMs, waitedMs, result, error }: ScrapeReport): void {
    const series = this.#nodes.get(node) ?? this.#add(node);
    series.lastRequestMs = startedMs;
    series.failure = error?.code;
    this.#durations.observe(node, durationMs / 1000);
    this.#tick(startedMs, waitedMs + durationMs);
    if (error !== undefined) {
      this.#failed++;
      count(this.#failures, error.code, 1);
    }
    if (result === undefined) return;
    this.#succeeded++;
    this.#bytes += result.pageBytes;
    for (const [reason, samples] of Object.entries(result.rejectedBy))
      if (samples > 0) count(this.#rejected, reason, samples);
  }

  nodeGone(node: string): void {
    this.#nodes.delete(node);
    this.#durations.remove(node);
  }

  write(page: PageWriter): void {
    this.#durations.write(page);
    page.family({
      name: "metrics_server_kubelet_request_total",
      type: "counter",
      help: "Requests to kubelets, by outcome",
    });
    page.sample(this.#succeeded, outcomes.true);
    page.sample(this.#failed, outcomes.false);
    page.family({
      name: "metrics_server_kubelet_last_request_time_seconds",
      type: "gauge",
      help: "When the node was asked last, in seconds since the Unix epoch",
    });
    for (const { labels, lastRequestMs } of this.#nodes.values()) page.sample(Math.floor(lastRequestMs / 1000), labels);
    this.#ticks.write(page);
    this.#writeTroubles(page);
  }

  #writeTroubles(page: PageWriter): void {
    writeCounts(
      page,
      "kubemetrics_kubelet_failures_total",
      "counter",
      "Scrapes that failed, by reason",
      "reason",
      this.#failures,
    );
    const failing = new Map<string, number>();
    let kept = 0;
    for (const [node, { failure }] of this.#nodes) {
      if (failure === undefined) continue;
      count(failing, failure, 1);
      if (this.#options.isServed(node)) kept++;
    }
    writeCounts(
      page,
      "kubemetrics_kubelet_failing_nodes",
      "gauge",
      "Nodes whose last scrape failed, by reason",
      "reason",
      failing,
    );
    page.family({
      name: "kubemetrics_kept_nodes",
      type: "gauge",
      help: "Nodes whose last scrape failed and whose last good value is served",
    });
    page.sample(kept);
    writeCounts(
      page,
      "kubemetrics_kubelet_rejected_samples_total",
      "counter",
      "Lines and values of kubelet pages that were left out, by reason",
      "reason",
      this.#rejected,
    );
    page.family({
      name: "kubemetrics_kubelet_page_bytes_total",
      type: "counter",
      help: "Bytes of kubelet pages, decompressed",
    });
    page.sample(this.#bytes);
  }

  /** There is no cycle that all nodes wait for: a period's figure is what its slowest node took. */
  #tick(startedMs: number, tookMs: number): void {
    const period = this.#period;
    if (startedMs - period.startedMs < this.#options.resolutionMs) {
      period.longestMs = Math.max(period.longestMs, tookMs);
      return;
    }
    if (!Number.isNaN(period.startedMs)) this.#ticks.observe("", period.longestMs / 1000);
    this.#period = { startedMs, longestMs: tookMs };
  }

  #add(node: string): NodeSeries {
    const series = { labels: labelBlock({ node }), lastRequestMs: 0, failure: undefined };
    this.#nodes.set(node, series);
    return series;
  }
}

function count(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** A family with one label, one sample for each of its values. */
export function writeCounts(
  page: PageWriter,
  name: string,
  type: "counter" | "gauge",
  help: string,
  label: string,
  counts: Iterable<readonly [string, number]>,
): void {
  page.family({ name, type, help });
  for (const [value, number] of counts) page.sample(number, labelBlock({ [label]: value }));
}
