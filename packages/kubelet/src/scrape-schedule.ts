/** Decides when which kubelet is scraped. */
import type { Clock } from "./clock.ts";
import type { KubeletError } from "./kubelet-error.ts";
import type { Scraper, ScrapeResult } from "./kubelet-scraper.ts";
import type { TargetSource } from "./scrape-target.ts";

/** One attempt to scrape a node, finished. */
export interface ScrapeReport {
  readonly node: string;
  readonly startedMs: number;
  /** From request to commit. */
  readonly durationMs: number;
  /** From the moment the node was due to the start: the time spent waiting for a free place. */
  readonly waitedMs: number;
  /** The second attempt of a period. */
  readonly isRetry: boolean;
  /** Exactly one of both. */
  readonly result: ScrapeResult | undefined;
  readonly error: KubeletError | undefined;
}

/** Hears about scrapes. Must not throw. */
export interface ScrapeObserver {
  scraped(report: ScrapeReport): void;
  /** A node's outcome is another than before (first success, first failure, another kind of failure): the place for a log line. */
  changed?(report: ScrapeReport): void;
  /** The node is gone: series about it are to be deleted. */
  nodeGone?(node: string): void;
}

export interface ScrapeScheduleOptions {
  readonly scraper: Scraper;
  readonly targets: TargetSource;
  /** Length of a period: each node is scraped once in it, at an offset that only its name decides. */
  readonly periodMs: number;
  /** Of one attempt. Default 0.9 × `periodMs`, 10 s at most. */
  readonly timeoutMs?: number | undefined;
  /** Attempts running at the same time. Default 128. */
  readonly concurrency?: number | undefined;
  readonly observers?: readonly ScrapeObserver[] | undefined;
  readonly clock?: Clock | undefined;
}

/** Scrapes every node once a period: the first time at once, then at the node's own offset. Never twice at a time. */
export class ScrapeSchedule {
  constructor(options: ScrapeScheduleOptions) {
    void options;
  }

  /** Begins: all nodes known now are scraped at once, as many at a time as allowed. */
  start(): void {}

  /** Looks at the targets again: new nodes are scraped at once, vanished ones are forgotten. Cheap; call it on every change. */
  targetsChanged(): void {}

  /** When an attempt began last; `undefined` before the first. For a liveness check. */
  get lastStartMs(): number | undefined {
    return undefined;
  }

  /** Stops. Running attempts are waited for. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
