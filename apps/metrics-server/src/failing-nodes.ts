import type { PageWriter } from "@kubemetrics/exposition";
import type { KubeletErrorCode, ScrapeObserver, ScrapeReport } from "@kubemetrics/kubelet";
import { writeCounts } from "./write-counts.ts";

/** Which nodes' last scrape failed, why, and for how many of them the last good value is still served. */
export class FailingNodes implements ScrapeObserver {
  readonly #reasons = new Map<string, KubeletErrorCode>();
  readonly #isServed: (node: string) => boolean;

  constructor(isServed: (node: string) => boolean) {
    this.#isServed = isServed;
  }

  scraped({ node, error }: ScrapeReport): void {
    if (error === undefined) this.#reasons.delete(node);
    else this.#reasons.set(node, error.code);
  }

  nodeGone(node: string): void {
    this.#reasons.delete(node);
  }

  write(page: PageWriter): void {
    const byReason = new Map<string, number>();
    let kept = 0;
    for (const [node, reason] of this.#reasons) {
      byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
      if (this.#isServed(node)) kept++;
    }
    const failing = {
      name: "kubemetrics_kubelet_failing_nodes",
      type: "gauge",
      help: "Nodes whose last scrape failed, by reason",
    } as const;
    writeCounts(page, failing, "reason", [...byReason]);
    page.family({
      name: "kubemetrics_stale_nodes",
      type: "gauge",
      help: "Nodes whose last scrape failed and whose last good value is served",
    });
    page.sample(kept);
  }
}
