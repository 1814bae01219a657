import type { ObservedRequest } from "@kubemetrics/apiservice";
import { labelBlock, type LabelBlock, type PageWriter } from "@kubemetrics/exposition";
import { HistogramFamily } from "./histogram-family.ts";
import { durationBuckets, freshnessBuckets } from "./metric-buckets.ts";

const servedGroup = "metrics.k8s.io";
const servedResources: ReadonlySet<string> = new Set(["nodes", "pods"]);
const servedVersions: ReadonlySet<string> = new Set(["v1", "v1beta1"]);
const knownVerbs: ReadonlySet<string> = new Set([
  "get",
  "list",
  "watch",
  "create",
  "update",
  "patch",
  "delete",
  "post",
  "put",
  "head",
  "options",
]);

/** What was asked and how fresh the answers were. Only what this server serves becomes a label: callers choose no series. */
export class RequestMetrics {
  readonly #requests = new Map<string, { readonly labels: LabelBlock; count: number }>();
  readonly #durations = new HistogramFamily(
    "apiserver_request_duration_seconds",
    "Time until an answer was ready, in seconds, by verb",
    "verb",
    durationBuckets,
  );
  readonly #freshness = new HistogramFamily(
    "metrics_server_api_metric_freshness_seconds",
    "Age of the values in answers, in seconds",
    "",
    freshnessBuckets,
  );

  observe({ info, status, durationMs }: ObservedRequest): void {
    const isServed = info.isResourceRequest && info.apiGroup === servedGroup && servedResources.has(info.resource);
    const verb = knownVerbs.has(info.verb) ? info.verb.toUpperCase() : "OTHER";
    const resource = isServed ? info.resource : "";
    const version = isServed && servedVersions.has(info.apiVersion) ? info.apiVersion : "";
    const key = `${verb} ${version} ${resource} ${status}`;
    const known = this.#requests.get(key);
    if (known === undefined) {
      const labels = labelBlock({ code: String(status), group: isServed ? servedGroup : "", resource, verb, version });
      this.#requests.set(key, { labels, count: 1 });
    } else {
      known.count++;
    }
    this.#durations.observe(verb, durationMs / 1000);
  }

  /** Once per answer, all ages at a time. */
  served(agesMs: Float64Array): void {
    for (const age of agesMs) this.#freshness.observe("", age / 1000);
  }

  write(page: PageWriter): void {
    page.family({
      name: "apiserver_request_total",
      type: "counter",
      help: "Requests, by what was asked and the status of the answer",
    });
    for (const { labels, count } of this.#requests.values()) page.sample(count, labels);
    this.#durations.write(page);
    this.#freshness.write(page);
  }
}
