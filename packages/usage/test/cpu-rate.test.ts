import { describe, expect, test } from "vitest";
import { cpuRate } from "../src/index.ts";

describe("the rate between two readings", () => {
  test.each([
    ["half a core", 10e9, 17.5e9, 15e9, 5e8],
    ["nothing", 10e9, 10e9, 15e9, 0],
    ["truncated, not rounded", 0, 5e9, 3e9, 1_666_666_666],
    ["as float64 has it, where exact division gives 1", 0, 1, 1, 999_999_999],
    ["beyond 2^53 nanoseconds", 9_007_199_254_740_992, 9_007_206_254_740_992, 7e9, 1e9],
  ])("is %s", (_, previous, latest, windowNs, nanocores) => {
    expect(cpuRate(previous, latest, windowNs)).toBe(nanocores);
  });

  test.each([
    ["the counter went down", 10, 9, 15e9],
    ["no time passed", 10, 20, 0],
    ["time went back", 10, 20, -1],
    ["a reading is missing", Number.NaN, 20, 15e9],
    ["the window is unknown", 10, 20, Number.NaN],
  ])("does not exist when %s", (_, previous, latest, windowNs) => {
    expect(cpuRate(previous, latest, windowNs)).toBeNaN();
  });
});
