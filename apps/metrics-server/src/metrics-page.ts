import type { MetricsPage } from "@kubemetrics/apiservice";
import { contentTypes, labelBlock, negotiateFormat, PageWriter, type Format } from "@kubemetrics/exposition";
import type { ClusterObjects } from "@kubemetrics/kube";
import type { UsageStore } from "@kubemetrics/usage";
import { writeProcessMetrics } from "./process-metrics.ts";
import type { ScrapeStatistics } from "@kubemetrics/kubelet";
import type { FailingNodes } from "./failing-nodes.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { writeCounts } from "./write-counts.ts";

export interface MetricsParts {
  readonly scrapes: ScrapeStatistics;
  readonly failingNodes: FailingNodes;
  readonly requests: RequestMetrics;
  readonly store: UsageStore;
  readonly objects: ClusterObjects;
  readonly startedMs: number;
}

/** `/metrics`: upstream's six families under their names, and what else an operator asks for under `kubemetrics_`. */
export function metricsPages(parts: MetricsParts): (accept: string) => MetricsPage {
  const writers: Readonly<Record<Format, PageWriter>> = {
    text: new PageWriter({ format: "text" }),
    openmetrics: new PageWriter({ format: "openmetrics" }),
  };
  return (accept) => {
    const format = negotiateFormat(accept);
    const page = writers[format];
    page.clear();
    parts.scrapes.write(page);
    parts.failingNodes.write(page);
    parts.requests.write(page);
    writeStorage(page, parts.store);
    writeCaches(page, parts.objects);
    writeProcessMetrics(page, parts.startedMs);
    // The writer's bytes belong to the next page; this one may still be on its way when that is written.
    return { contentType: contentTypes[format], body: Uint8Array.from(page.end()) };
  };
}

function writeStorage(page: PageWriter, store: UsageStore): void {
  const { nodes, containers } = store.storedPoints();
  page.family({ name: "metrics_server_storage_points", type: "gauge", help: "Values that can be served" });
  page.sample(containers, labelBlock({ type: "container" }));
  page.sample(nodes, labelBlock({ type: "node" }));
}

const cacheFamilies = [
  ["objects", { name: "kubemetrics_cache_objects", type: "gauge", help: "Objects known from kube-apiserver" }],
  ["lists", { name: "kubemetrics_cache_lists_total", type: "counter", help: "Complete lists taken over" }],
  ["events", { name: "kubemetrics_cache_events_total", type: "counter", help: "Events of watches" }],
  ["failures", { name: "kubemetrics_cache_failures_total", type: "counter", help: "Lists and watches that failed" }],
  [
    "unparsableLines",
    { name: "kubemetrics_cache_unparsable_lines_total", type: "counter", help: "Lines of watches that were no events" },
  ],
] as const;

function writeCaches(page: PageWriter, objects: ClusterObjects): void {
  const { nodes, pods } = objects.status;
  for (const [figure, head] of cacheFamilies) {
    writeCounts(page, head, "resource", [
      ["nodes", nodes[figure]],
      ["pods", pods[figure]],
    ]);
  }
}
