/** What the store answers, and for how long. */
import { describe, expect, test } from "vitest";
import { UsageStore, type UsageStoreOptions } from "../src/index.ts";
import type { Point } from "./model.ts";
import { PageBuilder } from "./store-pages.ts";

const periodMs = 15_000;
const epochMs = 1_700_000_000_000;

/** Containers as `namespace/pod/container` → [CPU seconds, memory, seconds since the epoch of the test, start]. */
type Reading = readonly [cpuSeconds: number, memory: number, atSeconds: number, startSeconds?: number];
type Page = Readonly<Record<string, Reading>>;

class Bench {
  nowMs = epochMs;
  readonly store: UsageStore;
  readonly #builders = new Map<string, PageBuilder>();

  constructor(options: Partial<UsageStoreOptions> = {}) {
    this.store = new UsageStore({ resolutionMs: periodMs, clock: () => this.nowMs, ...options });
  }

  /** One page, now. The node's own reading is under the empty name. */
  page(node: string, page: Page): void {
    const pods = new Map<string, Map<string, Point>>();
    for (const [name, reading] of Object.entries(page)) {
      if (name === "") continue;
      const [namespace, pod, container = ""] = name.split("/");
      const key = `${namespace}/${pod}`;
      pods.set(key, (pods.get(key) ?? new Map<string, Point>()).set(container, pointOf(reading)));
    }
    const own = page[""] === undefined ? undefined : pointOf(page[""]);
    this.store.commit(node, this.builder(node).page(own, pods));
  }

  builder(node: string): PageBuilder {
    const known = this.#builders.get(node) ?? new PageBuilder();
    this.#builders.set(node, known);
    return known;
  }

  /** A decoder that forgot its rows: new identities for the same names. */
  forgetIdentities(node: string): void {
    this.#builders.delete(node);
  }

  /** Nanocores by container. */
  cpu(pod: string): Record<string, number> | undefined {
    const [namespace = "", name = ""] = pod.split("/");
    const usage = this.store.pod(namespace, name);
    return usage && Object.fromEntries(usage.containers.map((container) => [container.name, container.cpuNanocores]));
  }
}

function pointOf([cpu, mem, at, start]: Reading): Point {
  const ns = (seconds: number): bigint => BigInt(Math.round((epochMs / 1000 + seconds) * 1000)) * 1_000_000n;
  return {
    cpu: BigInt(Math.round(cpu * 1e9)),
    mem: BigInt(mem),
    ts: ns(at),
    start: start === undefined ? undefined : ns(start),
  };
}

describe("a value", () => {
  test("is the average between two readings, with the time of the later one and the window between", () => {
    const bench = new Bench();
    bench.page("n", { "": [100, 5_000, 0], "a/p/c": [1, 10, -1, -900] });
    expect([bench.store.node("n"), bench.store.pod("a", "p")]).toEqual([undefined, undefined]);
    bench.nowMs += periodMs;
    bench.page("n", { "": [130, 6_000, 15], "a/p/c": [4, 20, 14, -900] });
    expect(bench.store.node("n")).toEqual({
      version: 1,
      timeMs: epochMs + 15_000,
      timeNanos: 0,
      windowNs: 15e9,
      committedMs: epochMs + periodMs,
      cpuNanocores: 2e9,
      memoryBytes: 6_000,
    });
    expect(bench.store.pod("a", "p")).toEqual({
      nodeName: "n",
      version: 2,
      timeMs: epochMs + 14_000,
      timeNanos: 0,
      windowNs: 15e9,
      committedMs: epochMs + periodMs,
      containers: [{ name: "c", cpuNanocores: 2e8, memoryBytes: 20 }],
    });
  });

  test("of zero is a value", () => {
    const bench = new Bench();
    bench.page("n", { "": [0, 0, 0], "a/p/c": [0, 0, 0] });
    bench.page("n", { "": [0, 0, 15], "a/p/c": [0, 0, 15] });
    expect(bench.store.node("n")).toMatchObject({ cpuNanocores: 0, memoryBytes: 0 });
    expect(bench.cpu("a/p")).toEqual({ c: 0 });
  });

  test("of a fresh container is there after one reading, from its start on", () => {
    const bench = new Bench();
    bench.page("n", { "a/p/c": [3, 10, 0, -12], "a/young/c": [3, 10, 0, -9], "a/old/c": [3, 10, 0, -15] });
    expect([bench.cpu("a/p"), bench.cpu("a/young"), bench.cpu("a/old")]).toEqual([{ c: 25e7 }, undefined, undefined]);
    expect(bench.store.pod("a", "p")?.windowNs).toBe(12e9);
  });

  test("of a fresh container may be allowed earlier", () => {
    const bench = new Bench({ resolutionMs: 1_000, freshContainerMinAgeMs: 200 });
    bench.page("n", { "a/p/c": [0.25, 10, 0, -0.5], "a/young/c": [3, 10, 0, -0.1] });
    expect([bench.cpu("a/p"), bench.cpu("a/young")]).toEqual([{ c: 5e8 }, undefined]);
  });
});

describe("a version", () => {
  test("and the commit's time change with the value, and stay when a page repeats it", () => {
    const bench = new Bench();
    bench.page("n", { "": [1, 1, 0], "a/p/c": [1, 1, 0], "a/q/c": [1, 1, 0] });
    bench.page("n", { "": [2, 1, 15], "a/p/c": [2, 1, 15], "a/q/c": [2, 1, 15] });
    const versions = (): (number | undefined)[] => [
      bench.store.node("n")?.version,
      bench.store.pod("a", "p")?.version,
      bench.store.pod("a", "q")?.version,
    ];
    expect(versions()).toEqual([1, 2, 3]);
    bench.nowMs += periodMs;
    bench.page("n", { "": [2, 1, 15], "a/p/c": [2, 1, 15], "a/q/c": [2, 2, 15] });
    expect(versions()).toEqual([1, 2, 4]);
    expect([bench.store.pod("a", "p")?.committedMs, bench.store.pod("a", "q")?.committedMs]).toEqual([
      epochMs,
      bench.nowMs,
    ]);
  });

  test("is never used for two objects, also when a pod moves", () => {
    const bench = new Bench();
    const seen = new Set<number>();
    for (const [step, node] of ["n", "n", "m", "m", "n", "n"].entries()) {
      bench.page(node, { "": [step, 1, step * 15], "a/p/c": [step, 1, step * 15, step - 1] });
      const versions = [bench.store.node(node)?.version, bench.store.pod("a", "p")?.version];
      for (const version of versions) seen.add(version ?? 0);
    }
    expect(seen.size).toBeGreaterThan(4);
  });
});

describe("a missed scrape", () => {
  test("leaves the last value, until it is too old by the store's clock", () => {
    const bench = new Bench();
    bench.page("n", { "": [1, 1, 0], "a/p/c": [1, 1, 0] });
    bench.page("n", { "": [2, 1, 15], "a/p/c": [2, 1, 15] });
    bench.nowMs += 3 * periodMs;
    expect([bench.cpu("a/p"), bench.store.node("n")?.timeMs]).toEqual([{ c: 66_666_666 }, epochMs + 15_000]);
    expect(bench.store.storedPoints()).toEqual({ nodes: 1, containers: 1 });
    expect(bench.store.hasNodes()).toBe(true);
    bench.nowMs += 1;
    expect([bench.cpu("a/p"), bench.store.node("n")]).toEqual([undefined, undefined]);
    expect(bench.store.storedPoints()).toEqual({ nodes: 0, containers: 0 });
    expect(bench.store.hasNodes()).toBe(false);
  });

  test("is bridged by the next one, with the longer window", () => {
    const bench = new Bench();
    for (const at of [0, 15, 45]) {
      bench.nowMs = epochMs + at * 1000;
      bench.page("n", { "": [at, 1, at], "a/p/c": [at / 2, 1, at] });
    }
    expect(bench.store.pod("a", "p")).toMatchObject({ windowNs: 30e9, containers: [{ cpuNanocores: 5e8 }] });
    expect(bench.store.node("n")).toMatchObject({ windowNs: 30e9, cpuNanocores: 1e9 });
  });

  test("too many of them begin anew: an average over an outage is no usage of now", () => {
    const bench = new Bench();
    const seen = [0, 15, 61, 76].map((at) => {
      bench.nowMs = epochMs + at * 1000;
      bench.page("n", { "": [at, 1, at], "a/p/c": [at / 2, 1, at] });
      return [bench.store.node("n") !== undefined, bench.cpu("a/p") !== undefined];
    });
    expect(seen).toEqual([
      [false, false],
      [true, true],
      [false, false],
      [true, true],
    ]);
    expect(bench.store.pod("a", "p")).toMatchObject({ windowNs: 15e9 });
  });
});

test.each([
  ["ahead", 3_600_000],
  ["back", -3_600_000],
])("a clock that is set %s by an hour neither ages values nor keeps them young", (_, stepMs) => {
  let elapsedMs = 0;
  const bench = new Bench({ elapsed: () => elapsedMs });
  for (const at of [0, 15]) {
    elapsedMs = at * 1000;
    bench.page("n", { "": [at, 1, at], "a/p/c": [at, 1, at] });
  }
  bench.nowMs += stepMs;
  expect([bench.store.storedPoints(), bench.cpu("a/p")]).toEqual([{ nodes: 1, containers: 1 }, { c: 1e9 }]);
  elapsedMs = 30_000;
  bench.page("n", { "": [45, 1, 30], "a/p/c": [45, 1, 30] });
  expect(bench.store.pod("a", "p")).toMatchObject({ committedMs: bench.nowMs, containers: [{ cpuNanocores: 2e9 }] });
  elapsedMs += 3 * periodMs + 1;
  expect([bench.store.node("n"), bench.cpu("a/p")]).toEqual([undefined, undefined]);
});

test("a node whose clock was set back has rates again after two scrapes, although its containers start in the future", () => {
  const bench = new Bench();
  for (const at of [0, 15]) bench.page("n", { "a/p/c": [at, 1, at, -60] });
  for (const at of [30, 45]) {
    bench.nowMs += periodMs;
    bench.page("n", { "a/p/c": [at, 1, at - 3_600, -60] });
  }
  expect(bench.store.pod("a", "p")).toMatchObject({ timeMs: epochMs - 3_555_000, containers: [{ cpuNanocores: 1e9 }] });
});

test("a node whose clock was set ahead keeps its values: seconds of use over a window of hours would look idle", () => {
  const bench = new Bench();
  for (const at of [0, 15]) bench.page("n", { "": [at, 1, at], "a/p/c": [at, 1, at] });
  for (const at of [30, 45]) {
    bench.nowMs += periodMs;
    bench.page("n", { "": [at, 1, at + 7_200], "a/p/c": [at, 1, at + 7_200] });
    expect([bench.store.node("n")?.cpuNanocores, bench.cpu("a/p")]).toEqual([1e9, { c: 1e9 }]);
  }
  expect(bench.store.node("n")?.timeMs).toBe(epochMs + 7_245_000);
});

test("a kubelet that renews its readings every few minutes has rates, however often it is asked", () => {
  const bench = new Bench({ resolutionMs: 1_000 });
  for (const at of [0, 600]) {
    for (let asked = 0; asked < 600; asked++) {
      bench.nowMs += 1_000;
      bench.page("n", { "a/p/c": [at, 1, at] });
    }
  }
  expect(bench.store.pod("a", "p")).toMatchObject({ windowNs: 600e9, containers: [{ cpuNanocores: 1e9 }] });
});

describe("a pod that a good page lacks", () => {
  const twice = (bench: Bench): void => {
    bench.page("n", { "a/p/c": [1, 1, 0], "a/q/c": [1, 1, 0] });
    bench.nowMs += periodMs;
    bench.page("n", { "a/p/c": [2, 1, 15], "a/q/c": [2, 1, 15] });
    bench.nowMs += periodMs;
  };

  test("keeps its value while it runs, for the bounded age", () => {
    const bench = new Bench({ isRunning: (namespace, pod) => namespace === "a" && pod === "p" });
    twice(bench);
    bench.page("n", {});
    expect([bench.cpu("a/p"), bench.cpu("a/q")]).toEqual([{ c: 66_666_666 }, undefined]);
    bench.nowMs += 2 * periodMs + 1;
    bench.page("n", {});
    expect(bench.cpu("a/p")).toBeUndefined();
  });

  test("and comes back with one more container is the same pod", () => {
    const bench = new Bench();
    bench.page("n", { "a/p/one": [1, 1, 0, -900] });
    bench.page("n", {});
    bench.page("n", { "a/p/one": [2, 1, 30, -900], "a/p/two": [2, 1, 30, 28] });
    expect(bench.cpu("a/p")).toBeUndefined();
    bench.page("n", { "a/p/one": [3, 1, 45, -900], "a/p/two": [3, 1, 45, 28] });
    expect(bench.cpu("a/p")).toEqual({ one: 66_666_666, two: 66_666_666 });
    expect(bench.store.storedPoints().containers).toBe(2);
  });

  test("and comes back has a value at once, from the reading before", () => {
    const bench = new Bench({ isRunning: () => false });
    twice(bench);
    bench.page("n", {});
    bench.nowMs += periodMs;
    bench.page("n", { "a/p/c": [5, 1, 45] });
    expect(bench.store.pod("a", "p")).toMatchObject({ windowNs: 30e9, containers: [{ cpuNanocores: 1e8 }] });
  });
});

describe("a pod is served whole", () => {
  const both = (bench: Bench): void => {
    bench.page("n", { "a/p/one": [1, 1, 0, -900], "a/p/two": [1, 1, 0, -900] });
    bench.nowMs += periodMs;
    bench.page("n", { "a/p/one": [2, 1, 15, -900], "a/p/two": [2, 1, 15, -900] });
    bench.nowMs += periodMs;
  };
  const before = { one: 66_666_666, two: 66_666_666 };

  test.each<[string, Page]>([
    ["restarted", { "a/p/one": [5, 1, 30, -900], "a/p/two": [0.1, 1, 30, 28] }],
    ["was counted anew", { "a/p/one": [5, 1, 30, -900], "a/p/two": [0.1, 1, 30, -900] }],
    ["is missing", { "a/p/one": [5, 1, 30, -900] }],
    ["shows the zeros of its end", { "a/p/one": [5, 1, 30, -900], "a/p/two": [0, 0, 30, -900] }],
    ["is new", { "a/p/one": [5, 1, 30, -900], "a/p/two": [5, 1, 30, -900], "a/p/three": [1, 1, 30, 28] }],
  ])("with its last whole value while a container %s", (_, page) => {
    const bench = new Bench();
    both(bench);
    bench.page("n", page);
    expect(bench.cpu("a/p")).toEqual(before);
  });

  test("and not at all before it was whole once", () => {
    const bench = new Bench();
    bench.page("n", { "a/p/one": [1, 1, 0, -900] });
    bench.page("n", { "a/p/one": [2, 1, 15, -900], "a/p/two": [2, 1, 15, 10] });
    expect(bench.cpu("a/p")).toBeUndefined();
    bench.page("n", { "a/p/one": [3, 1, 30, -900], "a/p/two": [3, 1, 30, 10] });
    expect(bench.cpu("a/p")).toEqual({ one: 66_666_666, two: 66_666_666 });
  });

  test("without a container that has no memory reading", () => {
    const bench = new Bench();
    both(bench);
    const page = bench.builder("n").page(
      undefined,
      new Map([
        [
          "a/p",
          new Map([
            ["one", pointOf([5, 1, 30])],
            ["two", pointOf([5, 1, 30])],
          ]),
        ],
      ]),
    );
    page.memoryBytes[1] = Number.NaN;
    bench.store.commit("n", page);
    expect(bench.cpu("a/p")).toEqual(before);
  });

  test("without a container that is gone, before the value gets too old", () => {
    const bench = new Bench();
    both(bench);
    const answers: unknown[] = [];
    for (const at of [30, 45, 60]) {
      bench.page("n", { "a/p/one": [at / 15, 1, at, -900] });
      answers.push(bench.cpu("a/p"));
      bench.nowMs += periodMs - 1;
      expect(bench.cpu("a/p")).toBeDefined();
      bench.nowMs += 1;
    }
    expect(answers).toEqual([before, before, { one: 66_666_666 }]);
  });

  test("at once when a container that started later takes the place of one that ended", () => {
    const bench = new Bench();
    bench.page("n", { "a/p/init": [1, 1, 0, -12] });
    expect(bench.cpu("a/p")).toEqual({ init: 83_333_333 });
    bench.page("n", { "a/p/main": [1, 1, 15, 3] });
    expect(bench.cpu("a/p")).toEqual({ main: 83_333_333 });
  });

  test("with its containers in byte order", () => {
    const bench = new Bench();
    const names = ["b", "a-z", "\u{10000}", "\uFFFD", "a", "ab", "B"];
    for (const at of [0, 15]) bench.page("n", Object.fromEntries(names.map((name) => [`a/p/${name}`, [at, 1, at]])));
    const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(bench.store.pod("a", "p")?.containers.map((container) => container.name)).toEqual(sorted);
  });

  test("with the time and window of the earliest reading", () => {
    const bench = new Bench();
    bench.page("n", { "a/p/one": [1, 1, 0], "a/p/two": [1, 1, -3] });
    bench.page("n", { "a/p/one": [2, 1, 15], "a/p/two": [2, 1, 14] });
    expect(bench.store.pod("a", "p")).toMatchObject({ timeMs: epochMs + 14_000, windowNs: 17e9 });
  });

  test("with the longest window of several at the earliest time", () => {
    const bench = new Bench();
    bench.page("n", { "a/p/one": [1, 1, 0], "a/p/two": [1, 1, -3] });
    bench.page("n", { "a/p/one": [2, 1, 14], "a/p/two": [2, 1, 14] });
    expect(bench.store.pod("a", "p")).toMatchObject({ windowNs: 17e9 });
  });
});

describe("of two nodes that report one pod", () => {
  const report = (bench: Bench, node: string, start: number | undefined, seconds: readonly number[]): void => {
    for (const at of seconds) {
      const reading: Reading = start === undefined ? [at, 1, at] : [at, 1, at, start];
      bench.page(node, { "a/p/c": reading });
    }
  };

  test.each([
    [
      "first",
      [
        ["old", -900],
        ["new", 5],
      ] as const,
    ],
    [
      "last",
      [
        ["new", 5],
        ["old", -900],
      ] as const,
    ],
  ])("the one with the younger container counts, whoever came %s", (_, order) => {
    const bench = new Bench();
    for (const [node, start] of order) report(bench, node, start, [20, 35]);
    expect(bench.store.pod("a", "p")?.nodeName).toBe("new");
    report(bench, "old", -900, [50]);
    expect(bench.store.pod("a", "p")?.nodeName).toBe("new");
    expect(bench.store.storedPoints().containers).toBe(1);
  });

  test("the younger one counts from its first reading on: the older one's value is of another life", () => {
    const bench = new Bench();
    report(bench, "old", -900, [0, 15]);
    expect(bench.cpu("a/p")).toEqual({ c: 1e9 });
    report(bench, "new", 28, [30]);
    expect(bench.cpu("a/p")).toBeUndefined();
  });

  test("the first one stays while nothing says which is younger", () => {
    const bench = new Bench();
    report(bench, "one", undefined, [0, 15]);
    report(bench, "two", undefined, [0, 15]);
    expect(bench.store.pod("a", "p")?.nodeName).toBe("one");
  });

  test("the other one takes over when the first one goes", () => {
    const bench = new Bench();
    report(bench, "new", -10, [0, 15]);
    report(bench, "old", -900, [0, 15]);
    expect(bench.store.pod("a", "p")?.nodeName).toBe("new");
    bench.store.nodeGone("new");
    expect(bench.store.pod("a", "p")?.nodeName).toBe("old");
    bench.store.nodeGone("old");
    expect(bench.store.pod("a", "p")).toBeUndefined();
  });
});

describe("what is gone", () => {
  test("is forgotten with its node", () => {
    const bench = new Bench();
    for (const at of [0, 15]) bench.page("n", { "": [at, 1, at], "a/p/c": [at, 1, at] });
    bench.store.nodeGone("n");
    bench.store.nodeGone("n");
    expect([bench.store.node("n"), bench.store.pod("a", "p"), bench.store.storedPoints()]).toEqual([
      undefined,
      undefined,
      { nodes: 0, containers: 0 },
    ]);
    bench.page("n", { "": [30, 1, 30], "a/p/c": [30, 1, 30] });
    expect(bench.store.node("n")).toBeUndefined();
  });

  test("is forgotten with its pod, so that a namesake starts from nothing", () => {
    const bench = new Bench();
    for (const at of [0, 15]) bench.page("n", { "a/p/c": [at, 1, at], "a/q/c": [at, 1, at] });
    bench.store.podGone("a", "p");
    bench.store.podGone("a", "never");
    expect([bench.cpu("a/p"), bench.cpu("a/q")]).toEqual([undefined, { c: 1e9 }]);
    bench.page("n", { "a/p/c": [30, 1, 30], "a/q/c": [30, 1, 30] });
    expect([bench.cpu("a/p"), bench.cpu("a/q")]).toEqual([undefined, { c: 1e9 }]);
    bench.page("n", { "a/p/c": [60, 1, 45], "a/q/c": [45, 1, 45] });
    expect(bench.cpu("a/p")).toEqual({ c: 2e9 });
  });
});

describe("rows that move", () => {
  test("take their points with them when the producer made new identities", () => {
    const bench = new Bench();
    bench.page("n", { "a/p/c": [1, 1, 0], "a/p/d": [1, 1, 0], "a/q/c": [1, 1, 0] });
    bench.forgetIdentities("n");
    bench.page("n", { "a/q/c": [4, 1, 15], "a/p/d": [3, 1, 15], "a/r/c": [1, 1, 15], "a/p/c": [2, 1, 15] });
    expect([bench.cpu("a/p"), bench.cpu("a/q"), bench.cpu("a/r")]).toEqual([
      { c: 66_666_666, d: 133_333_333 },
      { c: 2e8 },
      undefined,
    ]);
  });

  describe.each([
    ["keeps the rows", false],
    ["gives up the rows", true],
  ])("of a producer that %s of containers that a page lacks:", (_, areGivenUp) => {
    /** What is served of one pod after each page; one page a period, each with another pod whose row moves. */
    function answers(pages: readonly Page[], options: Partial<UsageStoreOptions> = {}): unknown[] {
      const bench = new Bench(options);
      return pages.map((page) => {
        bench.page("n", { ...page, "a/q/c": [1, 1, (bench.nowMs - epochMs) / 1000] });
        if (areGivenUp) bench.builder("n").giveUpRows();
        const cpu = bench.cpu("a/p");
        bench.nowMs += periodMs;
        return cpu === undefined ? undefined : Object.entries(cpu).map(([name, rate]) => `${name} ${rate / 1e6}`);
      });
    }
    const whole = (at: number): Page => ({ "a/p/one": [at, 1, at, -900], "a/p/two": [at, 1, at, -900] });
    const half = (at: number): Page => ({ "a/p/one": [at, 1, at, -900] });
    const served = ["one 1000", "two 1000"];

    test("a pod stays whole while it can, and is whole again with the page that has all of it", () => {
      const pages = [whole(0), whole(15), half(30), half(45), whole(60), whole(75)];
      expect(answers(pages)).toEqual([undefined, served, served, served, served, served]);
    });

    test("a container that does not come back is given up after as many pages", () => {
      const pages = [whole(0), whole(15), half(30), half(45), half(60), half(75), whole(90), whole(105)];
      const left = ["one 1000"];
      expect(answers(pages)).toEqual([undefined, served, served, served, left, left, left, served]);
    });

    test("a container that made way for a younger one is not waited for", () => {
      const after = (at: number): Page => ({ "a/p/three": [at, 1, at, 31] });
      expect(answers([whole(0), whole(15), {}, after(45), after(60)])).toEqual([
        undefined,
        served,
        served,
        ["three 3214.285714"],
        ["three 1000"],
      ]);
    });

    test("a pod that does not run keeps its readings for the bounded age, and no longer", () => {
      const pages = [whole(0), whole(15), {}, {}, whole(60), {}, {}, {}, {}, whole(135)];
      const gone = [undefined, undefined, undefined, undefined, undefined];
      const isRunning = (): boolean => false;
      expect(answers(pages, { isRunning })).toEqual([undefined, served, undefined, undefined, served, ...gone]);
    });
  });

  test("are gone with their pod, so that a namesake starts from nothing", () => {
    const bench = new Bench();
    for (const at of [0, 15]) bench.page("n", { "a/p/c": [at, 1, at], "a/q/c": [at, 1, at] });
    bench.page("n", { "a/q/c": [30, 1, 30] });
    bench.builder("n").giveUpRows();
    bench.page("n", { "a/q/c": [45, 1, 45] });
    bench.store.podGone("a", "p");
    bench.page("n", { "a/p/c": [60, 1, 60], "a/q/c": [60, 1, 60] });
    expect([bench.cpu("a/p"), bench.cpu("a/q")]).toEqual([undefined, { c: 1e9 }]);
  });

  test("leave out a pod that has none any more, which keeps its value for its time", () => {
    const bench = new Bench();
    for (const at of [0, 15]) bench.page("n", { "a/p/c": [at, 1, at], "a/q/c": [at, 1, at] });
    bench.forgetIdentities("n");
    bench.page("n", { "a/q/c": [30, 1, 30] });
    expect([bench.cpu("a/p"), bench.cpu("a/q")]).toEqual([{ c: 1e9 }, { c: 1e9 }]);
    bench.nowMs += 3 * periodMs + 1;
    bench.page("n", { "a/q/c": [45, 1, 45] });
    expect(bench.cpu("a/p")).toBeUndefined();
  });
});

test("the zeros of a container that ends do not become a reading that the next life is measured from", () => {
  const bench = new Bench();
  bench.page("n", { "a/p/c": [10, 1, 0, -900] });
  bench.page("n", { "a/p/c": [0, 0, 15, -900] });
  bench.page("n", { "a/p/c": [13, 1, 30, -900] });
  expect(bench.store.pod("a", "p")).toMatchObject({ windowNs: 30e9, containers: [{ cpuNanocores: 1e8 }] });
});
