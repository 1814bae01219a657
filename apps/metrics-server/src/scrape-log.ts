import type { PointSource, ScrapeObserver, ScrapeReport } from "@kubemetrics/kubelet";
import type { AppLog } from "./log.ts";

/** One line when a node's scrapes begin to fail, change their reason or their source, or work again; none for what repeats. */
export class ScrapeLog implements ScrapeObserver {
  readonly #log: AppLog;
  readonly #troubled = new Set<string>();
  /** Of nodes that are not read from the first source. */
  readonly #sources = new Map<string, PointSource>();

  constructor(log: AppLog) {
    this.#log = log;
  }

  scraped({ node, result }: ScrapeReport): void {
    if (result === undefined || result.source === (this.#sources.get(node) ?? "resource")) return;
    const { source } = result;
    if (source === "resource") {
      this.#sources.delete(node);
      this.#log.info({ node, source }, "the kubelet has /metrics/resource now: usage is read from there again");
    } else {
      this.#sources.set(node, source);
      this.#log.info(
        { node, source },
        `the kubelet has no /metrics/resource (404): usage is read from ${paths[source]}, a larger page, until it has`,
      );
    }
  }

  changed({ node, error, result, durationMs }: ScrapeReport): void {
    if (error !== undefined) {
      this.#troubled.add(node);
      this.#log.warn({ node, reason: error.code }, error.message);
    } else if (result !== undefined && result.rejected > 0) {
      this.#troubled.add(node);
      const { rejected, rejectedBy, firstRejected } = result;
      this.#log.warn(
        { node, rejected, rejectedBy, firstRejected },
        "the kubelet's page has samples that cannot be used; the rest of it is",
      );
    } else if (this.#troubled.delete(node)) {
      this.#log.info({ node }, "the node is scraped again");
    } else {
      this.#log.debug(
        { node, source: result?.source, containers: result?.containers, durationMs },
        "first scrape of the node",
      );
    }
  }

  nodeGone(node: string): void {
    this.#troubled.delete(node);
    this.#sources.delete(node);
  }
}

const paths = { cadvisor: "/metrics/cadvisor", summary: "/stats/summary" } as const;
