import type { MetricsPage } from "@kubemetrics/apiservice";
import { contentTypes, labelBlock, negotiateFormat, PageWriter, type Format } from "@kubemetrics/exposition";
import type { ClusterObjects, CollectionStatus } from "@kubemetrics/kube";
import type { UsageStore } from "@kubemetrics/usage";
import { writeProcessMetrics } from "./process-metrics.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { writeCounts, type ScrapeMetrics } from "./scrape-metrics.ts";

export interface MetricsParts {
  readonly scrapes: ScrapeMetrics;
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

function writeCaches(page: PageWriter, objects: ClusterObjects): void {
  const { nodes, pods } = objects.status;
  const each = (figure: (status: CollectionStatus) => number): readonly (readonly [string, number])[] => [
    ["nodes", figure(nodes)],
    ["pods", figure(pods)],
  ];
  writeCounts(
    page,
    "kubemetrics_cache_objects",
    "gauge",
    "Objects known from kube-apiserver",
    "resource",
    each((status) => status.objects),
  );
  writeCounts(
    page,
    "kubemetrics_cache_lists_total",
    "counter",
    "Complete lists taken over",
    "resource",
    each((status) => status.lists),
  );
  writeCounts(
    page,
    "kubemetrics_cache_events_total",
    "counter",
    "Events of watches",
    "resource",
    each((status) => status.events),
  );
  writeCounts(
    page,
    "kubemetrics_cache_failures_total",
    "counter",
    "Lists and watches that failed",
    "resource",
    each((status) => status.failures),
  );
  writeCounts(
    page,
    "kubemetrics_cache_unparsable_lines_total",
    "counter",
    "Lines of watches that were no events",
    "resource",
    each((status) => status.unparsableLines),
  );
}
