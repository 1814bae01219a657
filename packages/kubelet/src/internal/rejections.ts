/** Counts what was left out of a page. */
import type { ScanReport } from "@kubemetrics/exposition";

const none: Readonly<Record<string, number>> = Object.freeze({});

export class Rejections {
  #count = 0;
  #by: Record<string, number> | undefined;
  #first: string | undefined;

  clear(): void {
    this.#count = 0;
    this.#by = undefined;
    this.#first = undefined;
  }

  add(reason: string, what: string): void {
    this.#count++;
    this.#by ??= {};
    this.#by[reason] = (this.#by[reason] ?? 0) + 1;
    this.#first ??= `${what} (${reason})`;
  }

  addScan(report: ScanReport): void {
    if (report.rejected === 0) return;
    this.#count += report.rejected;
    this.#by ??= {};
    for (const [reason, count] of Object.entries(report.rejectedBy)) this.#by[reason] = (this.#by[reason] ?? 0) + count;
    // Lines come before values: the first bad line is more telling than the first odd number.
    if (report.firstRejected !== undefined) {
      this.#first = `line ${report.firstRejected.line} (${report.firstRejected.reason})`;
    }
  }

  get rejected(): number {
    return this.#count;
  }

  get rejectedBy(): Readonly<Record<string, number>> {
    return this.#by ?? none;
  }

  get firstRejected(): string | undefined {
    return this.#first;
  }
}
