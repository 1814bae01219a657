/** Decides when which kubelet is scraped. */
import { systemClock, type Clock } from "./clock.ts";
import { AttemptQueue } from "./internal/attempt-queue.ts";
import { KubeletError } from "./kubelet-error.ts";
import type { Scraper, ScrapeResult } from "./kubelet-scraper.ts";
import { scrapeOffset } from "./scrape-offset.ts";
import type { ScrapeTarget, TargetSource } from "./scrape-target.ts";

/** One attempt to scrape a node, finished. */
export interface ScrapeReport {
  readonly node: string;
  readonly startedMs: number;
  /** From request to commit. */
  readonly durationMs: number;
  /** From the moment the attempt was due to its start: the time spent waiting for a free place. */
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
  /**
   * A node's outcome is another than before: the first success or failure, another kind of failure, a page with rejected
   * lines or one without again. The place for a log line.
   */
  changed?(report: ScrapeReport): void;
  /** The node is gone: series about it are to be deleted. */
  nodeGone?(node: string): void;
}

export interface ScrapeScheduleOptions {
  readonly scraper: Scraper;
  readonly targets: TargetSource;
  /** Length of a period in milliseconds: each node is scraped once in it, at an offset that only its name decides. */
  readonly periodMs: number;
  /** Of one attempt, in milliseconds. Default 0.9 × `periodMs`, 10 s at most. */
  readonly timeoutMs?: number | undefined;
  /** Attempts running at the same time. A quarter of the places is for nodes that failed last time, or are not ready
   * at first. Default 128. */
  readonly concurrency?: number | undefined;
  readonly observers?: readonly ScrapeObserver[] | undefined;
  readonly clock?: Clock | undefined;
}

interface Slot {
  target: ScrapeTarget;
  readonly offsetMs: number;
  dueMs: number;
  isRetry: boolean;
  isGone: boolean;
  /** Kind of the last outcome. */
  outcome: string;
  cancelTimer: (() => void) | undefined;
}

/** After this long a kubelet has a new reading of its own (cAdvisor's housekeeping takes 10 to 15 s). */
const kubeletRefreshMs = 15_000;

/**
 * Scrapes every node once a period: the first time at once, the second time after 15 s if its turn is later than that,
 * then at the node's own offset. A failed attempt is repeated once if the period leaves time for it. A node is never
 * scraped twice at a time.
 */
export class ScrapeSchedule {
  readonly #options: ScrapeScheduleOptions;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #queue: AttemptQueue<Slot>;
  readonly #slots = new Map<string, Slot>();
  readonly #running = new Set<Promise<void>>();
  #cancelTick: (() => void) | undefined;
  #lastTickMs: number | undefined;
  #willLook = false;
  #isStarted = false;
  #isClosed = false;

  constructor(options: ScrapeScheduleOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#timeoutMs = options.timeoutMs ?? Math.min(0.9 * options.periodMs, 10_000);
    this.#queue = new AttemptQueue(options.concurrency ?? 128, (slot) => this.#track(this.#attempt(slot)));
  }

  /** Begins: all nodes known now are scraped at once, as many at a time as allowed. */
  start(): void {
    if (this.#isStarted || this.#isClosed) return;
    this.#isStarted = true;
    this.#tick();
  }

  /**
   * Looks at the targets again, after the current turn of the event loop: new nodes are scraped at once, vanished ones
   * forgotten. Call it on every change; a burst of calls is one look.
   */
  targetsChanged(): void {
    if (this.#willLook || !this.#isStarted) return;
    this.#willLook = true;
    this.#clock.after(0, () => {
      this.#willLook = false;
      this.#look();
    });
  }

  /**
   * When the schedule looked at its targets by itself last, by the clock's `elapsed`: once a period, so older than two periods means
   * it hangs.
   */
  get lastTickMs(): number | undefined {
    return this.#lastTickMs;
  }

  /** Stops: running attempts are cut off, and have ended when the promise resolves. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTick?.();
    for (const slot of this.#slots.values()) this.#remove(slot);
    await Promise.all(this.#running);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #tick(): void {
    this.#lastTickMs = this.#clock.elapsed?.() ?? this.#clock.now();
    this.#look();
    this.#cancelTick = this.#clock.after(this.#options.periodMs, () => this.#tick());
  }

  #look(): void {
    if (this.#isClosed) return;
    const seen = new Set<string>();
    for (const target of this.#options.targets.targets()) {
      seen.add(target.name);
      const known = this.#slots.get(target.name);
      if (known === undefined) this.#add(target);
      else known.target = target;
    }
    for (const slot of this.#slots.values()) if (!seen.has(slot.target.name)) this.#remove(slot);
  }

  #add(target: ScrapeTarget): void {
    const slot: Slot = {
      target,
      offsetMs: scrapeOffset(target.name, this.#options.periodMs),
      dueMs: this.#clock.now(),
      isRetry: false,
      isGone: false,
      outcome: "",
      cancelTimer: undefined,
    };
    this.#slots.set(target.name, slot);
    // A kubelet that is down holds its place until the timeout.
    this.#queue.add(slot, target.ready === false);
  }

  #remove(slot: Slot): void {
    const { name } = slot.target;
    slot.isGone = true;
    slot.cancelTimer?.();
    this.#slots.delete(name);
    this.#queue.remove(slot);
    this.#options.scraper.forget(name);
    for (const observer of this.#options.observers ?? []) observer.nodeGone?.(name);
  }

  async #track(attempt: Promise<void>): Promise<void> {
    this.#running.add(attempt);
    await attempt;
    this.#running.delete(attempt);
  }

  async #attempt(slot: Slot): Promise<void> {
    const { name } = slot.target;
    const startedMs = this.#clock.now();
    let result: ScrapeResult | undefined;
    let error: KubeletError | undefined;
    try {
      result = await this.#options.scraper.scrape(slot.target, this.#attemptMs(slot, startedMs));
    } catch (cause) {
      error = cause instanceof KubeletError ? cause : internalFailure(name, cause);
    }
    if (slot.isGone) return;
    const durationMs = this.#clock.now() - startedMs;
    const { isRetry } = slot;
    const isFirst = slot.outcome === "";
    const waitedMs = startedMs - slot.dueMs;
    this.#report(slot, { node: name, startedMs, durationMs, waitedMs, isRetry, result, error });
    this.#plan(slot, startedMs, error !== undefined, isFirst);
  }

  /** A retry ends before the node is due again, so that the offset is kept. */
  #attemptMs(slot: Slot, nowMs: number): number {
    return slot.isRetry
      ? Math.max(1, Math.min(this.#timeoutMs, this.#nextDueMs(slot, nowMs) - nowMs))
      : this.#timeoutMs;
  }

  #report(slot: Slot, report: ScrapeReport): void {
    const isPartial = report.result !== undefined && report.result.rejected > 0;
    const outcome = report.error?.code ?? (isPartial ? "partial" : "whole");
    const isChanged = outcome !== slot.outcome;
    slot.outcome = outcome;
    for (const observer of this.#options.observers ?? []) {
      observer.scraped(report);
      if (isChanged) observer.changed?.(report);
    }
  }

  /** Sets the time of the next attempt. */
  #plan(slot: Slot, startedMs: number, isFailed: boolean, isFirst: boolean): void {
    const { periodMs } = this.#options;
    const nowMs = this.#clock.now();
    const dueMs = this.#nextDueMs(slot, nowMs);
    const retryMs = nowMs + periodMs / 10;
    slot.isRetry = isFailed && !slot.isRetry && retryMs + periodMs / 10 <= dueMs;
    if (slot.isRetry) slot.dueMs = retryMs;
    // Straight after the first scrape a kubelet would only repeat itself.
    else slot.dueMs = dueMs - startedMs < periodMs / 10 ? dueMs + periodMs : dueMs;
    // A rate needs two points: at long periods the second one does not wait for the node's offset.
    const secondMs = startedMs + kubeletRefreshMs;
    if (isFirst && !slot.isRetry && secondMs + periodMs / 10 <= slot.dueMs) slot.dueMs = secondMs;
    slot.cancelTimer = this.#clock.after(slot.dueMs - nowMs, () => this.#queue.add(slot, isFailed));
  }

  #nextDueMs(slot: Slot, nowMs: number): number {
    const { periodMs } = this.#options;
    const intoMs = (((nowMs - slot.offsetMs) % periodMs) + periodMs) % periodMs;
    return nowMs + periodMs - intoMs;
  }
}

function internalFailure(node: string, cause: unknown): KubeletError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const message = `node ${JSON.stringify(node)}: ${text}; this is a defect of kubemetrics, please report it`;
  return new KubeletError("INTERNAL", message, { node, cause });
}
