/** Reads the samples of chosen families from a page of bytes, without building strings or objects per sample. */
import { asBuffer, CLOSE, HASH, isNamePart, isNameStart, LF, lineEnd, OPEN, skipBlanks } from "./internal/bytes.ts";
import { hashBytes } from "./internal/hash-bytes.ts";
import { LabelBlocks } from "./internal/label-blocks.ts";
import { LabelLexer } from "./internal/label-lexer.ts";
import { isMetadata } from "./internal/metadata-word.ts";
import { SampleTail } from "./internal/sample-tail.ts";
import { ScanFaults } from "./internal/scan-faults.ts";
import { belongs, WantedFamilies } from "./internal/wanted-families.ts";
import type { RejectReason, SampleSink, ScanLimits, ScanReport } from "./scan-report.ts";

const newlineAndHash = Buffer.from("\n#");

/**
 * Finds the samples of a fixed set of metric families in pages of the Prometheus text format, scan after scan.
 *
 * A series is known by the bytes of its label block; the block that followed last time is tried first, so a page whose
 * order is stable costs one comparison a line. Families nobody asked for are skipped whole. Nothing a page contains makes
 * `scan` throw: a bad line is rejected alone, and counted.
 *
 * Lines are read as Prometheus reads them, except that a label value cannot run over a raw newline. Names are looked for
 * as they are usually written, unquoted: `{"node_cpu_usage_seconds_total"} 1` is skipped.
 */
export class SeriesScanner {
  readonly #families: WantedFamilies;
  readonly #maxSeries: number;
  readonly #maxLabelBytes: number;
  readonly #maxRejected: number;
  readonly #forgetAfterScans: number;
  readonly #lexer = new LabelLexer({
    loose: true,
    newlineInNames: false,
    newlineInValues: false,
    metricName: true,
  });
  readonly #tail = new SampleTail();
  readonly #blocks = new LabelBlocks();
  /** Per family: the block seen last in this page, plus one; 0 at the start. */
  readonly #last: Int32Array;
  /** Per family, `#room` ints: the block that followed a block there last time, plus one; 0 when unknown. */
  #next: Int32Array;
  #room = 8;
  #scans = 0;
  /** The family of the section being read; -1 outside. */
  #family = -1;

  /** @param families - full sample names, such as `container_cpu_usage_seconds_total` */
  constructor(families: readonly string[], limits: ScanLimits = {}) {
    this.#families = new WantedFamilies(families);
    this.#maxSeries = limits.maxSeries ?? 20_000;
    this.#maxLabelBytes = limits.maxLabelBytes ?? 4096;
    this.#maxRejected = limits.maxRejected ?? 50_000;
    this.#forgetAfterScans = limits.forgetAfterScans ?? 10;
    this.#last = new Int32Array(families.length);
    this.#next = new Int32Array(families.length * this.#room);
  }

  /** Label blocks remembered now. Indices in use may be higher: forgotten ones leave gaps until they are reused. */
  get seriesCount(): number {
    return this.#blocks.live;
  }

  /**
   * The labels of a series, in page order; empty for a sample without labels; `undefined` for an index not in use.
   *
   * Built anew on each call: ask once, when the series appears.
   */
  labels(series: number): ReadonlyMap<string, string> | undefined {
    if (this.#blocks.lengthOf(series) < 0) return undefined;
    const block = Buffer.concat([this.#blocks.bytesOf(series), Buffer.of(CLOSE)]);
    this.#lexer.read(block, 0);
    const labels = this.#lexer.labels(block);
    return labels === -1 ? undefined : labels;
  }

  /** Hands every sample of the wanted families to `sink`, in page order. Never throws on any bytes. */
  scan(page: Uint8Array, sink: SampleSink): ScanReport {
    const bytes = asBuffer(page);
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const blocks = this.#blocks;
    const families = this.#families;
    const tail = this.#tail;
    const faults = new ScanFaults(this.#maxRejected);
    const scan = ++this.#scans;
    this.#last.fill(0);
    this.#family = -1;
    let samples = 0;
    let at = 0;
    while (at < bytes.length) {
      const first = bytes[at] as number;
      if (first === LF) {
        at++;
        continue;
      }
      if (first === HASH) {
        at = this.#comment(bytes, view, at);
        continue;
      }
      let family = this.#family;
      let i = families.matchAt(family, bytes, view, at);
      if (i < 0) {
        at = skipBlanks(bytes, at);
        if (at === bytes.length || bytes[at] === LF || bytes[at] === HASH) continue;
        family = families.find(bytes, view, at);
        if (family < 0) {
          const fault = this.#foreignFault(bytes, view, at);
          at = fault === undefined ? lineEnd(bytes, at) + 1 : faults.add(fault, bytes, at);
          continue;
        }
        this.#family = family;
        i = families.matchAt(family, bytes, view, at);
      }
      if (bytes[i] !== OPEN) i = skipBlanks(bytes, i);
      const braces = bytes[i] === OPEN;
      const from = braces ? i + 1 : i;
      let block = (this.#next[family * this.#room + (this.#last[family] as number)] as number) - 1;
      const guessed = blocks.matchAt(block, bytes, view, from);
      if (braces ? guessed >= 0 && bytes[guessed] === CLOSE : guessed === from) {
        i = braces ? guessed + 1 : i;
      } else {
        const to = braces ? this.#closing(bytes, from) : from;
        block = to < 0 ? -1 : blocks.find(bytes, view, from, to, hashBytes(bytes, view, from, to));
        if (block < 0) {
          const fault = to < 0 ? "labels" : this.#newBlockFault(bytes, from, to);
          block = fault === undefined ? blocks.add(bytes, from, to, hashBytes(bytes, view, from, to)) : -1;
          if (block < 0) {
            at = faults.add(fault ?? "too-many-series", bytes, at);
            continue;
          }
          this.#makeRoom();
          sink.appeared?.(block);
        }
        this.#next[family * this.#room + (this.#last[family] as number)] = block + 1;
        i = braces ? to + 1 : i;
      }
      this.#last[family] = block + 1;
      blocks.seen(block, scan);
      const fault = tail.read(bytes, view, i);
      if (fault === undefined) {
        samples++;
        sink.sample(family, block, tail.value, tail.timestampMs);
        at = tail.end + 1;
      } else {
        at = faults.add(fault, bytes, at);
      }
    }
    blocks.forgetBefore(scan - this.#forgetAfterScans + 1);
    return faults.report(bytes, samples);
  }

  /** Reads a comment; a family nobody wants is skipped with its samples. Returns where to go on, at a line's beginning. */
  #comment(page: Buffer, view: DataView, at: number): number {
    const next = lineEnd(page, at) + 1;
    const word = skipBlanks(page, at + 1);
    if (word === at + 1 || !isMetadata(page, view, word)) return next;
    const from = skipBlanks(page, word + 4);
    let to = from;
    while (to < page.length && isNamePart(page[to] as number)) to++;
    if (to === from) return next;
    this.#family = this.#families.find(page, view, from);
    if (this.#family >= 0 || page[next] === HASH || this.#families.mayFollow(page, from, to)) return next;
    const mark = page.indexOf(newlineAndHash, to);
    const section = mark < 0 ? page.length : mark + 1;
    // Samples without metadata may follow the family. A family's samples stand together, so the last line tells.
    const lastLine = page.lastIndexOf(LF, section - 2) + 1;
    return lastLine <= at || belongs(page, lastLine, from, to) ? section : next;
  }

  /** Index of the brace that closes the label block beginning at `from`, or -1 when it is not well formed. */
  #closing(page: Buffer, from: number): number {
    const after = this.#lexer.read(page, from);
    return after < 0 || this.#lexer.nameFrom >= 0 ? -1 : after - 1;
  }

  /** Why the block just lexed cannot become a series. */
  #newBlockFault(page: Buffer, from: number, to: number): RejectReason | undefined {
    if (to - from > this.#maxLabelBytes) return "labels-too-long";
    if (to > from && this.#lexer.labels(page) === -1) return "labels";
    return this.#blocks.live >= this.#maxSeries ? "too-many-series" : undefined;
  }

  /** Why a line that is no sample of a wanted family is no sample at all. */
  #foreignFault(page: Buffer, view: DataView, at: number): RejectReason | undefined {
    let i = at;
    if (isNameStart(page[at] as number)) {
      while (i < page.length && isNamePart(page[i] as number)) i++;
      i = skipBlanks(page, i);
      if (page[i] !== OPEN) return this.#tail.read(page, view, i);
      i = this.#closing(page, i + 1) + 1;
      return i === 0 ? "labels" : this.#tail.read(page, view, i);
    }
    if (page[at] !== OPEN) return "name";
    i = this.#lexer.read(page, at + 1);
    if (i < 0) return "labels";
    return this.#lexer.nameFrom < 0 ? "name" : this.#tail.read(page, view, i);
  }

  /** Makes the tables of followers as wide as there are blocks. */
  #makeRoom(): void {
    const room = this.#room;
    if (this.#blocks.issued < room) return;
    const wider = new Int32Array(this.#next.length * 2);
    for (let family = 0; family < this.#last.length; family++) {
      wider.set(this.#next.subarray(family * room, (family + 1) * room), family * room * 2);
    }
    this.#next = wider;
    this.#room = room * 2;
  }
}
