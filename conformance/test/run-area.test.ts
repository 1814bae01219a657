import { describe, expect, it, vi } from "vitest";
import { type AreaBinding, hasFailed, reportText, runArea, same, type VectorFile } from "../src/index.ts";

const file: VectorFile = {
  area: "doubling",
  source: "by hand",
  schema: {},
  cases: [
    { id: "one", in: 1, out: 2 },
    { id: "two", in: 2, out: 5, upstreamDefect: "off by one" },
    { id: "three", in: 3, out: 6, family: "later" },
  ],
};
const double = (given: unknown): number => Number(given) * 2;
const plain: AreaBinding = { area: "doubling", check: (test) => same(test["out"], double(test["in"])) };

describe("the vector runner", () => {
  it("fails a case whose answer differs and says both sides", async () => {
    const report = await runArea(file, [plain]);
    expect(report).toMatchObject({ passed: 2, failed: [{ id: "two", expected: 5, actual: 4 }] });
    expect(hasFailed(report)).toBe(true);
    expect(reportText(report)).toContain("expected 5");
  });

  it("explains a difference by a rule only when the promised answer is given", async () => {
    const rule = { name: "even", reason: "sums stay even", applies: () => true };
    const right = { ...plain, deviations: [{ ...rule, check: () => same(4, double(2)) }] };
    const wrong = { ...plain, deviations: [{ ...rule, check: () => same(9, double(2)) }] };
    expect((await runArea(file, [right])).explained).toEqual(new Map([["even", 1]]));
    expect((await runArea(file, [wrong])).failed).toHaveLength(1);
  });

  it("calls a rule that explains nothing stale, and fails for it", async () => {
    const stale = { name: "stale", reason: "none", applies: () => false, check: () => undefined };
    const report = await runArea({ ...file, cases: file.cases.slice(0, 1) }, [{ ...plain, deviations: [stale] }]);
    expect(report).toMatchObject({ passed: 1, idle: ["stale"] });
    expect(hasFailed(report)).toBe(true);
  });

  it("lets rules rest when the file holds other cases than they were written for", async () => {
    const resting = { name: "resting", reason: "none", applies: () => false, check: () => undefined };
    const some = { ...file, cases: file.cases.slice(0, 1) };
    const report = await runArea(some, [{ ...plain, deviations: [resting] }], { allowIdleRules: true });
    expect(hasFailed(report)).toBe(false);
  });

  it("fails a case that is never answered after 20 s, and goes on", async () => {
    vi.useFakeTimers();
    try {
      const never = new Promise<undefined>(() => {});
      const running = runArea(file, [{ ...plain, check: (test) => (test.id === "one" ? never : undefined) }]);
      await vi.advanceTimersByTimeAsync(20_000);
      const report = await running;
      expect(report).toMatchObject({ passed: 2, failed: [{ id: "one", actual: "none within 20000 ms" }] });
    } finally {
      vi.useRealTimers();
    }
  });

  it("lists pending and uncovered cases without counting them as passed", async () => {
    const binding: AreaBinding = {
      ...plain,
      covers: (test) => test.id !== "two",
      pending: [{ name: "later", reason: "not built", applies: (test) => test.family === "later" }],
    };
    const report = await runArea(file, [binding]);
    expect(report).toMatchObject({ passed: 1, failed: [], uncovered: 1, pending: new Map([["later", 1]]) });
  });

  it("counts a throwing implementation as a failure, not a crash", async () => {
    const report = await runArea(file, [
      {
        area: "doubling",
        check: () => {
          throw new TypeError("no");
        },
      },
    ]);
    expect(report.failed.map((failure) => failure.actual)).toEqual(["TypeError: no", "TypeError: no", "TypeError: no"]);
  });
});
