/** Metrics about scrapes. Per-node ones live in typed arrays: a thousand histograms cost 90 KB and no object per scrape. */
import { HistogramBounds, labelBlock, type LabelBlock, type PageWriter } from "@kubemetrics/exposition";
import type { ScrapeObserver, ScrapeReport } from "./scrape-schedule.ts";
import { defaultBounds, tickBounds } from "./tick-bounds.ts";

export interface ScrapeStatisticsOptions {
  /** Length of a scrape period in milliseconds; decides the buckets of the tick duration, as upstream. */
  readonly periodMs: number;
}

/**
 * Counts scrapes and writes them as metrics, under upstream's names where upstream has the metric:
 *
 * - `metrics_server_kubelet_request_duration_seconds{node}`: each attempt, failed ones too
 * - `metrics_server_kubelet_request_total{success}`
 * - `metrics_server_kubelet_last_request_time_seconds{node}`: start of the last attempt
 * - `metrics_server_manager_tick_duration_seconds`: here, from the moment a node was due until its points were stored
 * - `kubemetrics_kubelet_request_errors_total{code}`: failed attempts by `KubeletErrorCode`
 * - `kubemetrics_kubelet_rejected_lines_total{reason}`: lines and values left out of pages
 *
 * The series of a node go with it.
 */
export class ScrapeStatistics implements ScrapeObserver {
  readonly #durationBounds = new HistogramBounds(defaultBounds);
  readonly #tickBounds: HistogramBounds;
  readonly #nodes = new Map<string, number>();
  readonly #freeRows: number[] = [];
  #labels: (LabelBlock | undefined)[] = [];
  #counts: Uint32Array = new Uint32Array(0);
  #sums: Float64Array = new Float64Array(0);
  #lastSeconds: Float64Array = new Float64Array(0);
  readonly #tickCounts: Float64Array;
  #tickSum = 0;
  #successes = 0;
  #failures = 0;
  readonly #errors = new Map<string, number>();
  readonly #rejected = new Map<string, number>();

  constructor({ periodMs }: ScrapeStatisticsOptions) {
    this.#tickBounds = new HistogramBounds(tickBounds(periodMs));
    this.#tickCounts = new Float64Array(this.#tickBounds.buckets);
  }

  scraped(report: ScrapeReport): void {
    const row = this.#row(report.node);
    const seconds = report.durationMs / 1000;
    const cell = row * this.#durationBounds.buckets + this.#durationBounds.bucketOf(seconds);
    this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
    this.#sums[row] = (this.#sums[row] ?? 0) + seconds;
    this.#lastSeconds[row] = report.startedMs / 1000;
    const tickSeconds = (report.waitedMs + report.durationMs) / 1000;
    const bucket = this.#tickBounds.bucketOf(tickSeconds);
    this.#tickCounts[bucket] = (this.#tickCounts[bucket] ?? 0) + 1;
    this.#tickSum += tickSeconds;
    if (report.error === undefined) this.#successes++;
    else {
      this.#failures++;
      add(this.#errors, report.error.code, 1);
    }
    if (report.result === undefined || report.result.rejected === 0) return;
    for (const [reason, count] of Object.entries(report.result.rejectedBy)) add(this.#rejected, reason, count);
  }

  nodeGone(node: string): void {
    const row = this.#nodes.get(node);
    if (row === undefined) return;
    this.#nodes.delete(node);
    this.#freeRows.push(row);
    const { buckets } = this.#durationBounds;
    this.#counts.fill(0, row * buckets, (row + 1) * buckets);
    this.#sums[row] = 0;
    this.#labels[row] = undefined;
  }

  /** Writes all families. */
  write(page: PageWriter): void {
    page.family({
      name: "metrics_server_kubelet_last_request_time_seconds",
      type: "gauge",
      help: "[ALPHA] Time of last request performed to Kubelet API since unix epoch in seconds",
    });
    for (const row of this.#nodes.values()) page.sample(this.#lastSeconds[row] ?? 0, this.#labels[row]);
    page.family({
      name: "metrics_server_kubelet_request_duration_seconds",
      type: "histogram",
      help: "[ALPHA] Duration of requests to Kubelet API in seconds",
    });
    const { buckets } = this.#durationBounds;
    for (const row of this.#nodes.values()) {
      page.histogram(this.#durationBounds, this.#counts, row * buckets, this.#sums[row] ?? 0, this.#labels[row]);
    }
    page.family({
      name: "metrics_server_kubelet_request_total",
      type: "counter",
      help: "[ALPHA] Number of requests sent to Kubelet API",
    });
    page.sample(this.#failures, failed);
    page.sample(this.#successes, succeeded);
    page.family({
      name: "metrics_server_manager_tick_duration_seconds",
      type: "histogram",
      help: "[ALPHA] The total time spent collecting and storing metrics in seconds.",
    });
    page.histogram(this.#tickBounds, this.#tickCounts, 0, this.#tickSum);
    writeCounters(
      page,
      "kubemetrics_kubelet_request_errors_total",
      "Failed requests to kubelets by kind",
      "code",
      this.#errors,
    );
    const rejectedHelp = "Lines and values left out of kubelets' pages by reason";
    writeCounters(page, "kubemetrics_kubelet_rejected_lines_total", rejectedHelp, "reason", this.#rejected);
  }

  #row(node: string): number {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const row = this.#freeRows.pop() ?? this.#nodes.size;
    this.#nodes.set(node, row);
    this.#labels[row] = labelBlock({ node });
    if (row >= this.#sums.length) this.#reserve(Math.max(16, row * 2));
    return row;
  }

  #reserve(rows: number): void {
    const counts = new Uint32Array(rows * this.#durationBounds.buckets);
    counts.set(this.#counts);
    this.#counts = counts;
    const [sums, lastSeconds] = [new Float64Array(rows), new Float64Array(rows)];
    sums.set(this.#sums);
    lastSeconds.set(this.#lastSeconds);
    this.#sums = sums;
    this.#lastSeconds = lastSeconds;
  }
}

const failed = labelBlock({ success: "false" });
const succeeded = labelBlock({ success: "true" });

function add(counters: Map<string, number>, key: string, count: number): void {
  counters.set(key, (counters.get(key) ?? 0) + count);
}

/** A family without series is left out: there is nothing to know its labels by. */
function writeCounters(
  page: PageWriter,
  name: string,
  help: string,
  label: string,
  counters: ReadonlyMap<string, number>,
): void {
  if (counters.size === 0) return;
  page.family({ name, type: "counter", help });
  for (const [key, count] of counters) page.sample(count, labelBlock({ [label]: key }));
}
