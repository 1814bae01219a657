import { PageWriter } from "@kubemetrics/exposition";
import { describe, expect, test } from "vitest";
import { KubeletError, ScrapeStatistics, type ScrapeReport } from "../src/index.ts";
import { tickBounds } from "../src/tick-bounds.ts";

function report(node: string, durationMs: number, more: Partial<ScrapeReport> = {}): ScrapeReport {
  const result = {
    source: "resource",
    pageBytes: 1,
    containers: 1,
    rejected: 0,
    rejectedBy: {},
    firstRejected: undefined,
  } as const;
  return {
    node,
    startedMs: 1_700_000_000_500,
    durationMs,
    waitedMs: 0,
    isRetry: false,
    result,
    error: undefined,
    ...more,
  };
}

function page(statistics: ScrapeStatistics): string[] {
  const writer = new PageWriter();
  statistics.write(writer);
  return Buffer.from(writer.end()).toString().split("\n");
}

test("are written as upstream writes them", () => {
  const statistics = new ScrapeStatistics({ periodMs: 15_000 });
  statistics.scraped(report("a", 7));
  statistics.scraped(report("a", 2_000, { waitedMs: 500 }));
  const error = new KubeletError("REFUSED", "no", { node: "b" });
  statistics.scraped(report("b", 20_000, { result: undefined, error }));
  const lines = page(statistics);
  const of = (name: string): string[] => lines.filter((line) => line.startsWith(name));
  expect(of("metrics_server_kubelet_last_request_time_seconds")).toEqual([
    'metrics_server_kubelet_last_request_time_seconds{node="a"} 1.7000000005e+09',
    'metrics_server_kubelet_last_request_time_seconds{node="b"} 1.7000000005e+09',
  ]);
  expect(of('metrics_server_kubelet_request_duration_seconds_bucket{node="a"')).toEqual(
    [
      ["0.005", 0],
      ["0.01", 1],
      ["0.025", 1],
      ["0.05", 1],
      ["0.1", 1],
      ["0.25", 1],
      ["0.5", 1],
      ["1", 1],
      ["2.5", 2],
      ["5", 2],
      ["10", 2],
      ["+Inf", 2],
    ].map(([le, count]) => `metrics_server_kubelet_request_duration_seconds_bucket{node="a",le="${le}"} ${count}`),
  );
  expect(of('metrics_server_kubelet_request_duration_seconds_sum{node="a"')).toEqual([
    'metrics_server_kubelet_request_duration_seconds_sum{node="a"} 2.007',
  ]);
  expect(of('metrics_server_kubelet_request_duration_seconds_bucket{node="b",le="10"')).toEqual([
    'metrics_server_kubelet_request_duration_seconds_bucket{node="b",le="10"} 0',
  ]);
  expect(of("metrics_server_kubelet_request_total")).toEqual([
    'metrics_server_kubelet_request_total{success="false"} 1',
    'metrics_server_kubelet_request_total{success="true"} 2',
  ]);
  expect(of("metrics_server_manager_tick_duration_seconds_bucket").at(-2)).toBe(
    'metrics_server_manager_tick_duration_seconds_bucket{le="30"} 3',
  );
  expect(of("metrics_server_manager_tick_duration_seconds_sum")).toEqual([
    "metrics_server_manager_tick_duration_seconds_sum 22.507",
  ]);
  expect(of("kubemetrics_kubelet_request_errors_total")).toEqual([
    'kubemetrics_kubelet_request_errors_total{code="REFUSED"} 1',
  ]);
  expect(lines).toContain("# HELP metrics_server_kubelet_request_total [ALPHA] Number of requests sent to Kubelet API");
});

test("count rejected lines by reason", () => {
  const statistics = new ScrapeStatistics({ periodMs: 15_000 });
  const result = { ...report("a", 1).result!, rejected: 3, rejectedBy: { value: 2, labels: 1 } };
  statistics.scraped(report("a", 1, { result }));
  statistics.scraped(report("a", 1, { result }));
  expect(page(statistics).filter((line) => line.startsWith("kubemetrics_kubelet_rejected"))).toEqual([
    'kubemetrics_kubelet_rejected_lines_total{reason="value"} 4',
    'kubemetrics_kubelet_rejected_lines_total{reason="labels"} 2',
  ]);
});

test("of a node that is gone are deleted, and its place is used again from zero", () => {
  const statistics = new ScrapeStatistics({ periodMs: 15_000 });
  for (let node = 0; node < 40; node++) statistics.scraped(report(`n${node}`, 1_000 * node));
  statistics.nodeGone("n7");
  statistics.nodeGone("never seen");
  expect(page(statistics).some((line) => line.includes('node="n7"'))).toBe(false);
  statistics.scraped(report("new", 20));
  const lines = page(statistics);
  expect(lines).toContain('metrics_server_kubelet_request_duration_seconds_count{node="new"} 1');
  expect(lines).toContain('metrics_server_kubelet_request_duration_seconds_sum{node="new"} 0.02');
  expect(lines).toContain('metrics_server_kubelet_request_duration_seconds_sum{node="n39"} 39');
});

describe("the buckets around the period", () => {
  test.each([
    [15_000, [12.5, 15, 22.5, 30]],
    [60_000, [35, 60, 90, 120]],
    [10_000, []],
    [2_500, []],
    [2_496, []],
    [2_000, [2]],
    [1_000, []],
    [300, [0.3]],
  ])("of %i ms", (periodMs, added) => {
    const defaults = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    expect(tickBounds(periodMs)).toEqual([...defaults, ...added].toSorted((a, b) => a - b));
  });
});
