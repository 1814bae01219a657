import type { ScrapeObserver, ScrapeReport } from "@kubemetrics/kubelet";
import type { AppLog } from "./log.ts";

/** One line when a node's scrapes begin to fail, change their reason, or work again; none for what repeats. */
export class ScrapeLog implements ScrapeObserver {
  readonly #log: AppLog;
  readonly #troubled = new Set<string>();

  constructor(log: AppLog) {
    this.#log = log;
  }

  scraped(): void {}

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
  }
}
