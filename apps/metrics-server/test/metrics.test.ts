import { expect, test } from "vitest";
import type { ObservedRequest } from "@kubemetrics/apiservice";
import { parseRequestInfo } from "@kubemetrics/authorization";
import { PageWriter } from "@kubemetrics/exposition";
import { KubeletError, type ScrapeReport } from "@kubemetrics/kubelet";
import { FailingNodes } from "../src/failing-nodes.ts";
import { RequestMetrics } from "../src/request-metrics.ts";

function page(write: (page: PageWriter) => void): string[] {
  const writer = new PageWriter();
  write(writer);
  return Buffer.from(writer.end())
    .toString()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function observed(target: string, status = 200): ObservedRequest {
  return {
    auditId: "",
    method: "GET",
    info: parseRequestInfo("GET", target),
    userName: "",
    status,
    durationMs: 3,
    responseBytes: 1,
  };
}

test("requests are counted by what is served; callers cannot make series", () => {
  const metrics = new RequestMetrics();
  metrics.observe(observed("/apis/metrics.k8s.io/v1/nodes"));
  metrics.observe(observed("/apis/metrics.k8s.io/v1/nodes"));
  metrics.observe(observed("/apis/metrics.k8s.io/v1/namespaces/n/pods/p", 404));
  for (let index = 0; index < 100; index++) {
    metrics.observe(observed(`/apis/metrics.k8s.io/v${index + 2}/x${index}`, 404));
    metrics.observe(observed(`/nonsense/${index}`, 404));
  }
  expect(
    page((writer) => metrics.write(writer)).filter((line) => line.startsWith("apiserver_request_total")),
  ).toStrictEqual([
    'apiserver_request_total{code="200",group="metrics.k8s.io",resource="nodes",verb="LIST",version="v1"} 2',
    'apiserver_request_total{code="404",group="metrics.k8s.io",resource="pods",verb="GET",version="v1"} 1',
    'apiserver_request_total{code="404",group="",resource="",verb="LIST",version=""} 100',
    'apiserver_request_total{code="404",group="",resource="",verb="GET",version=""} 100',
  ]);
});

test("the histogram of ages is there from the start, as upstream's: an alert on its absence does not fire on a fresh server", () => {
  const lines = page((writer) => new RequestMetrics().write(writer));
  expect(lines).toHaveLength(23);
  expect(lines.at(-1)).toBe("metrics_server_api_metric_freshness_seconds_count 0");
});

test("the ages of served values fall into upstream's buckets", () => {
  const metrics = new RequestMetrics();
  metrics.served(Float64Array.of(500, 1_200, 400_000));
  const lines = page((writer) => metrics.write(writer)).filter((line) =>
    line.startsWith("metrics_server_api_metric_freshness_seconds"),
  );
  expect(lines).toHaveLength(23);
  expect(lines.slice(0, 3)).toStrictEqual([
    'metrics_server_api_metric_freshness_seconds_bucket{le="1"} 1',
    'metrics_server_api_metric_freshness_seconds_bucket{le="1.364"} 2',
    'metrics_server_api_metric_freshness_seconds_bucket{le="1.8604960000000004"} 2',
  ]);
  expect(lines[19]).toMatch(/le="364\.3\d*"} 2$/);
  expect(lines.slice(-2)).toStrictEqual([
    "metrics_server_api_metric_freshness_seconds_sum 401.7",
    "metrics_server_api_metric_freshness_seconds_count 3",
  ]);
});

test("failing nodes are counted by reason, and those whose last value is still served", () => {
  const failing = new FailingNodes((node) => node === "b");
  const report = (node: string, error?: KubeletError): ScrapeReport => ({
    node,
    startedMs: 0,
    durationMs: 1,
    waitedMs: 0,
    isRetry: false,
    result: undefined,
    error,
  });
  for (const node of ["a", "b", "c", "d"]) failing.scraped(report(node, new KubeletError("TIMEOUT", "late", { node })));
  failing.scraped(report("c"));
  failing.nodeGone("d");
  expect(page((writer) => failing.write(writer))).toStrictEqual([
    'kubemetrics_kubelet_failing_nodes{reason="TIMEOUT"} 2',
    "kubemetrics_stale_nodes 1",
  ]);
});
