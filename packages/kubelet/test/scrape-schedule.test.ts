/** When which node is scraped. Time passes by hand; the scraper is a stand-in that a test answers for. */
import { describe, expect, test } from "vitest";
import {
  KubeletError,
  scrapeOffset,
  ScrapeSchedule,
  type ScrapeReport,
  type Scraper,
  type ScrapeResult,
  type ScrapeScheduleOptions,
  type ScrapeTarget,
} from "../src/index.ts";
import { ManualClock, settled } from "./support/manual-clock.ts";

const periodMs = 10_000;
const whole: ScrapeResult = {
  source: "resource",
  pageBytes: 1,
  containers: 1,
  rejected: 0,
  rejectedBy: {},
  firstRejected: undefined,
};

interface Attempt {
  readonly node: string;
  readonly atMs: number;
  readonly timeoutMs: number;
}

class Bench implements Scraper {
  readonly clock = new ManualClock();
  readonly attempts: Attempt[] = [];
  readonly reports: ScrapeReport[] = [];
  readonly changes: string[] = [];
  readonly gone: string[] = [];
  readonly forgotten: string[] = [];
  targets: ScrapeTarget[] = [];
  running = new Map<string, number>();
  mostRunning = 0;
  mostOfOneNode = 0;
  answer: (attempt: Attempt) => Promise<ScrapeResult> = () => Promise.resolve(whole);
  readonly schedule: ScrapeSchedule;
  /** Whether running scrapes end when their node is forgotten, as a real scraper's do. */
  cutsOnForget = true;
  readonly #cuts = new Map<string, (reason: KubeletError) => void>();
  readonly #startMs = this.clock.now();

  constructor(nodes: readonly string[], options: Partial<ScrapeScheduleOptions> = {}) {
    this.targets = nodes.map((name) => target(name));
    this.schedule = new ScrapeSchedule({
      scraper: this,
      targets: { targets: () => this.targets },
      periodMs,
      clock: this.clock,
      observers: [
        {
          scraped: (report) => this.reports.push(report),
          changed: ({ node, error, result }) => {
            this.changes.push(`${node} ${error?.code ?? (result?.rejected === 0 ? "whole" : "partial")}`);
          },
          nodeGone: (node) => this.gone.push(node),
        },
      ],
      ...options,
    });
  }

  async scrape({ name }: ScrapeTarget, timeoutMs: number): Promise<ScrapeResult> {
    const attempt = { node: name, atMs: this.clock.now() - this.#startMs, timeoutMs };
    this.attempts.push(attempt);
    this.running.set(name, (this.running.get(name) ?? 0) + 1);
    this.mostOfOneNode = Math.max(this.mostOfOneNode, this.running.get(name) ?? 0);
    this.mostRunning = Math.max(this.mostRunning, this.running.size);
    const cut = Promise.withResolvers<ScrapeResult>();
    this.#cuts.set(name, cut.reject);
    try {
      return await Promise.race([this.answer(attempt), cut.promise]);
    } finally {
      this.running.delete(name);
    }
  }

  forget(node: string): void {
    this.forgotten.push(node);
    if (this.cutsOnForget) this.#cuts.get(node)?.(new KubeletError("CLOSED", "closed", { node }));
  }

  /** Resolves or rejects after a while of the bench's time. */
  later(delayMs: number, failure?: KubeletError): Promise<ScrapeResult> {
    return new Promise((resolve, reject) => {
      this.clock.after(delayMs, () => (failure === undefined ? resolve(whole) : reject(failure)));
    });
  }

  times(node: string): number[] {
    return this.attempts.filter((attempt) => attempt.node === node).map((attempt) => attempt.atMs);
  }
}

const target = (name: string): ScrapeTarget => ({ name, addresses: [], kubeletPort: 0, annotations: new Map() });
const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `node-${at}`);
const refused = (node: string): KubeletError => new KubeletError("REFUSED", "nobody", { node });

describe("the first scrapes", () => {
  test("of all nodes begin at once", async () => {
    const bench = new Bench(names(50));
    bench.schedule.start();
    await settled();
    expect(bench.attempts).toHaveLength(50);
    expect(new Set(bench.attempts.map((attempt) => attempt.atMs))).toEqual(new Set([0]));
    await bench.schedule.close();
  });

  test("run as many at a time as allowed", async () => {
    const bench = new Bench(names(50), { concurrency: 8 });
    bench.answer = () => bench.later(100);
    bench.schedule.start();
    await bench.clock.advance(950);
    expect(bench.attempts.length).toBe(50);
    expect(bench.mostRunning).toBe(6);
    expect(new Set(bench.attempts.map((attempt) => attempt.node)).size).toBe(50);
    await bench.schedule.close();
  });

  test("of nodes that are not ready keep no ready one waiting: a server may start while a zone is down", async () => {
    const bench = new Bench([], { concurrency: 16, timeoutMs: 9_000 });
    bench.targets = [...names(200).map((name) => ({ ...target(name), ready: false })), target("alive")];
    bench.answer = ({ node }) => (node === "alive" ? Promise.resolve(whole) : bench.later(9_000, refused(node)));
    bench.schedule.start();
    await bench.clock.advance(1_000);
    expect(bench.times("alive")).toEqual([0]);
    expect(bench.attempts.length).toBe(5);
    await bench.schedule.close();
  });

  test("of a node that appears later begin when it appears", async () => {
    const bench = new Bench(["a"]);
    bench.schedule.start();
    await bench.clock.advance(3_000);
    bench.targets.push(target("b"));
    bench.schedule.targetsChanged();
    bench.schedule.targetsChanged();
    await bench.clock.advance(1);
    expect(bench.times("b")).toEqual([3_000]);
    await bench.schedule.close();
  });

  test("of a node that nobody announced begin within a period", async () => {
    const bench = new Bench(["a"]);
    bench.schedule.start();
    await bench.clock.advance(3_000);
    bench.targets.push(target("b"));
    await bench.clock.advance(7_000);
    expect(bench.times("b")).toEqual([10_000]);
    await bench.schedule.close();
  });
});

describe("after that, a node is scraped", () => {
  test("at its own offset in every period", async () => {
    const bench = new Bench(names(20));
    bench.schedule.start();
    await bench.clock.advance(5 * periodMs);
    for (const name of names(20)) {
      const [, ...later] = bench.times(name);
      expect(later.length).toBeGreaterThanOrEqual(4);
      for (const atMs of later) {
        expect((1_700_000_000_000 + atMs) % periodMs).toBe(scrapeOffset(name, periodMs));
      }
    }
    await bench.schedule.close();
  });

  test("at long periods a second time after 15 s, so that its first rate does not wait for its turn", async () => {
    const longMs = 60_000;
    const bench = new Bench(names(20), { periodMs: longMs });
    bench.schedule.start();
    await bench.clock.advance(3 * longMs);
    for (const name of names(20)) {
      const [first, second, ...later] = bench.times(name);
      expect(first).toBe(0);
      expect(second).toBeLessThanOrEqual(15_000 + longMs / 10);
      expect(later.length).toBeGreaterThanOrEqual(2);
      for (const atMs of later) {
        expect((1_700_000_000_000 + atMs) % longMs).toBe(scrapeOffset(name, longMs));
      }
    }
    expect(names(20).some((name) => bench.times(name)[1] === 15_000)).toBe(true);
    await bench.schedule.close();
  });

  test("at the same offset after a restart of the server", async () => {
    const one = new Bench(["a"]);
    one.schedule.start();
    await one.clock.advance(2 * periodMs);
    const two = new Bench(["a"]);
    await two.clock.advance(3_456);
    two.schedule.start();
    await two.clock.advance(2 * periodMs);
    expect(one.times("a")[1]! % periodMs).toBe(two.times("a")[1]! % periodMs);
    await one.schedule.close();
    await two.schedule.close();
  });

  test("never twice at a time, however long a scrape takes", async () => {
    const bench = new Bench(names(10));
    bench.answer = () => bench.later(2.5 * periodMs);
    bench.schedule.start();
    await bench.clock.advance(10 * periodMs);
    expect([bench.times("node-0").length, bench.mostOfOneNode]).toEqual([4, 1]);
    await bench.schedule.close();
  });

  test("again in time when the wall clock is set back by an hour", async () => {
    const bench = new Bench(["a"]);
    bench.schedule.start();
    await bench.clock.advance(periodMs);
    bench.clock.step(-3_600_000);
    const before = bench.attempts.length;
    await bench.clock.advance(2 * periodMs);
    expect(bench.attempts.length - before).toBe(2);
    await bench.schedule.close();
  });
});

test("offsets spread over the period, in twenty bursts of about the same size", () => {
  const offsets = Array.from({ length: 1_000 }, (_, at) =>
    scrapeOffset(`ip-10-0-${at >> 8}-${at & 255}.ec2.internal`, 15_000),
  );
  const bursts = Map.groupBy(offsets, (offset) => offset);
  expect([...bursts.keys()].toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 20 }, (_, slot) => slot * 750),
  );
  const sizes = [...bursts.values()].map((burst) => burst.length);
  expect(Math.min(...sizes)).toBeGreaterThan(25);
  expect(Math.max(...sizes)).toBeLessThan(80);
});

describe("a failed attempt", () => {
  test("is repeated once in the period, and then at the node's offset", async () => {
    const bench = new Bench(["node-1"]);
    bench.answer = ({ node }) => Promise.reject(refused(node));
    const offset = scrapeOffset("node-1", periodMs);
    expect(offset).toBeGreaterThan(2_000);
    bench.schedule.start();
    await bench.clock.advance(periodMs + offset - 1);
    expect(bench.times("node-1")).toEqual([0, 1_000, offset, offset + 1_000]);
    expect(bench.reports.map((report) => report.isRetry)).toEqual([false, true, false, true]);
    await bench.schedule.close();
  });

  test("is not repeated when the node is due again soon", async () => {
    const bench = new Bench(["node-1"], { timeoutMs: 9_000 });
    bench.answer = ({ node }) => bench.later(9_000, refused(node));
    await bench.clock.advance(scrapeOffset("node-1", periodMs));
    bench.schedule.start();
    await bench.clock.advance(3 * periodMs);
    expect(bench.reports.map((report) => report.isRetry)).toEqual([false, false, false]);
    await bench.schedule.close();
  });

  test("has a repetition that ends before the node is due again", async () => {
    const bench = new Bench(["node-1"], { timeoutMs: 9_000 });
    bench.answer = ({ node }) => Promise.reject(refused(node));
    bench.schedule.start();
    await bench.clock.advance(3 * periodMs);
    const retries = bench.attempts.filter((_, at) => at % 2 === 1);
    expect(retries.length).toBeGreaterThan(1);
    for (const { atMs, timeoutMs } of retries) {
      const nextDue = bench.times("node-1").find((time) => time > atMs) ?? Infinity;
      expect(atMs + timeoutMs).toBeLessThanOrEqual(nextDue);
    }
    await bench.schedule.close();
  });

  test("of many dead nodes does not delay the living", async () => {
    const dead = names(200);
    const bench = new Bench([...dead, "alive"], { concurrency: 16, timeoutMs: 9_000 });
    bench.answer = ({ node }) => (node === "alive" ? Promise.resolve(whole) : bench.later(9_000, refused(node)));
    bench.schedule.start();
    await bench.clock.advance(30 * periodMs);
    bench.reports.length = 0;
    await bench.clock.advance(10 * periodMs);
    const alive = bench.reports.filter((report) => report.node === "alive");
    expect(alive).toHaveLength(10);
    expect(Math.max(...alive.map((report) => report.waitedMs))).toBe(0);
    expect(bench.reports.length).toBeGreaterThan(30);
    await bench.schedule.close();
  });

  test("that is a defect of ours is reported as one, and the schedule goes on", async () => {
    const bench = new Bench(["a"]);
    bench.answer = () => Promise.reject(new TypeError("x is undefined"));
    bench.schedule.start();
    await bench.clock.advance(3 * periodMs);
    expect(bench.reports.length).toBeGreaterThan(3);
    expect(bench.reports[0]?.error).toMatchObject({ code: "INTERNAL", node: "a" });
    await bench.schedule.close();
  });
});

test("an observer hears of a change of state once, and of every scrape", async () => {
  const bench = new Bench(["a"]);
  const partial = { ...whole, rejected: 2, rejectedBy: { value: 2 } };
  const outcomes: (ScrapeResult | KubeletError)[] = [
    whole,
    whole,
    refused("a"),
    refused("a"),
    new KubeletError("TIMEOUT", "late", { node: "a" }),
    partial,
    partial,
    whole,
  ];
  bench.answer = () => {
    const next = outcomes.shift() ?? whole;
    return next instanceof KubeletError ? Promise.reject(next) : Promise.resolve(next);
  };
  bench.schedule.start();
  await bench.clock.advance(10 * periodMs);
  expect(bench.changes).toEqual(["a whole", "a REFUSED", "a TIMEOUT", "a partial", "a whole"]);
  expect(bench.reports.length).toBeGreaterThanOrEqual(8);
  await bench.schedule.close();
});

describe("a node that goes", () => {
  test("is forgotten at once, and nothing is heard of its running scrape", async () => {
    const bench = new Bench(["a", "b"]);
    bench.answer = () => bench.later(500);
    bench.schedule.start();
    await bench.clock.advance(100);
    bench.targets = bench.targets.filter(({ name }) => name === "b");
    bench.schedule.targetsChanged();
    await bench.clock.advance(5 * periodMs);
    expect([bench.forgotten, bench.gone]).toEqual([["a"], ["a"]]);
    expect(bench.times("a")).toEqual([0]);
    expect(bench.reports.some((report) => report.node === "a")).toBe(false);
    await bench.schedule.close();
  });

  test("before its turn is not scraped", async () => {
    const bench = new Bench(names(20), { concurrency: 4 });
    bench.answer = () => bench.later(1_000);
    bench.schedule.start();
    await bench.clock.advance(10);
    bench.targets = bench.targets.slice(0, 3);
    bench.schedule.targetsChanged();
    await bench.clock.advance(9_000);
    expect(new Set(bench.attempts.map((attempt) => attempt.node))).toEqual(new Set(names(3)));
    await bench.schedule.close();
  });
});

test("a node that changes is scraped with what it is now", async () => {
  const bench = new Bench(["a"]);
  const seen: ScrapeTarget[] = [];
  const schedule = new ScrapeSchedule({
    scraper: { scrape: (of) => (seen.push(of), Promise.resolve(whole)), forget: () => {} },
    targets: { targets: () => bench.targets },
    periodMs,
    clock: bench.clock,
  });
  schedule.start();
  await bench.clock.advance(1);
  bench.targets = [{ ...target("a"), kubeletPort: 7 }];
  schedule.targetsChanged();
  await bench.clock.advance(2 * periodMs);
  expect(seen[0]?.kubeletPort).toBe(0);
  expect(seen.at(-1)).toBe(bench.targets[0]);
  await schedule.close();
});

describe("a closed schedule", () => {
  test("waits for what runs and leaves no timer", async () => {
    const bench = new Bench(["a", "b"]);
    bench.cutsOnForget = false;
    const held = Promise.withResolvers<ScrapeResult>();
    bench.answer = ({ node }) => (node === "a" ? held.promise : Promise.resolve(whole));
    bench.schedule.start();
    await bench.clock.advance(100);
    let isClosed = false;
    const closing = bench.schedule.close().then(() => (isClosed = true));
    await settled();
    expect(isClosed).toBe(false);
    held.reject(new KubeletError("CLOSED", "closed", { node: "a" }));
    await closing;
    expect([bench.clock.pending, bench.forgotten.toSorted()]).toEqual([0, ["a", "b"]]);
    expect(bench.reports.map((report) => report.node)).toEqual(["b"]);
  });

  test("does not start again", async () => {
    const bench = new Bench(["a"]);
    await bench.schedule.close();
    bench.schedule.start();
    bench.schedule.targetsChanged();
    await bench.clock.advance(periodMs);
    expect(bench.attempts).toEqual([]);
  });
});

test("a tick is noticed even without nodes, for a liveness check", async () => {
  const bench = new Bench([]);
  expect(bench.schedule.lastTickMs).toBeUndefined();
  bench.schedule.start();
  await bench.clock.advance(3.5 * periodMs);
  expect(bench.clock.now() - bench.schedule.lastTickMs!).toBe(periodMs / 2);
  await bench.schedule.close();
});

test("the timeout is nine tenths of the period, ten seconds at most", async () => {
  for (const [period, timeoutMs] of [
    [1_000, 900],
    [10_000, 9_000],
    [60_000, 10_000],
  ] as const) {
    const bench = new Bench(["a"], { periodMs: period });
    bench.schedule.start();
    await settled();
    expect(bench.attempts[0]?.timeoutMs).toBe(timeoutMs);
    await bench.schedule.close();
  }
});
