import type { RejectReason, ScanReport } from "../scan-report.ts";
import { LF } from "./bytes.ts";

/** Counts rejected lines. */
export class ScanFaults {
  #rejected = 0;
  readonly #byReason: Partial<Record<RejectReason, number>> = {};
  #first: { readonly at: number; readonly reason: RejectReason } | undefined;

  add(reason: RejectReason, at: number): void {
    this.#first ??= { at, reason };
    this.#rejected++;
    this.#byReason[reason] = (this.#byReason[reason] ?? 0) + 1;
  }

  report(page: Buffer, samples: number): ScanReport {
    let firstRejected: ScanReport["firstRejected"];
    if (this.#first !== undefined) {
      let line = 1;
      for (let i = 0; i < this.#first.at; i++) if (page[i] === LF) line++;
      firstRejected = { line, reason: this.#first.reason };
    }
    const endsMidLine = page.length > 0 && page[page.length - 1] !== LF;
    return { samples, rejected: this.#rejected, rejectedBy: this.#byReason, firstRejected, endsMidLine };
  }
}
