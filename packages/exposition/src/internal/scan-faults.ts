import type { RejectReason, ScanReport } from "../scan-report.ts";
import { LF, lineEnd } from "./bytes.ts";

/** Counts rejected lines. */
export class ScanFaults {
  readonly #most: number;
  #rejected = 0;
  readonly #byReason: Partial<Record<RejectReason, number>> = {};
  #first: { readonly at: number; readonly reason: RejectReason } | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  /** Rejects the line that begins at `at`. Returns where to go on: at the next line, or at the end when there were enough. */
  add(reason: RejectReason, page: Buffer, at: number): number {
    this.#first ??= { at, reason };
    this.#rejected++;
    this.#byReason[reason] = (this.#byReason[reason] ?? 0) + 1;
    return this.#rejected < this.#most ? lineEnd(page, at) + 1 : page.length;
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
