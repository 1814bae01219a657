/** Writes pages in both formats, from numbers wherever they are kept. */
import type { Exemplar } from "./entry.ts";
import { MetricInvalid } from "./exposition-error.ts";
import type { Format } from "./format.ts";
import type { HistogramBounds } from "./histogram-bounds.ts";
import { CLOSE, COMMA, OPEN, SPACE } from "./internal/bytes.ts";
import { PageBuffer } from "./internal/page-buffer.ts";
import { emptyBlock, escapeQuoted, type LabelBlock, labelBlock } from "./label-block.ts";
import type { MetricType } from "./metric-type.ts";

/** What stands above a family's samples. */
export interface FamilyHead {
  /** Of a counter with or without `_total`: the text format keeps the name as it is, OpenMetrics puts the suffix where it belongs. */
  readonly name: string;
  readonly type: MetricType;
  readonly help?: string | undefined;
  /** The last part of the name, such as `seconds`. Written in OpenMetrics only, checked in both. */
  readonly unit?: string | undefined;
}

const plainName = /^[A-Za-z_:][A-Za-z0-9_:]*$/;
const exemplarMark = Buffer.from(" # {");

/** What the text format calls the types that it does not know. */
const textWords: Readonly<Record<MetricType, string>> = {
  counter: "counter",
  gauge: "gauge",
  histogram: "histogram",
  summary: "summary",
  unknown: "untyped",
  gaugehistogram: "untyped",
  info: "gauge",
  stateset: "gauge",
};

/**
 * Writes one page: families one after another, each with its samples.
 *
 * Hot metrics need no object per sample: labels are encoded once (`labelBlock`), numbers are passed as they are, counts of
 * histograms are read from typed arrays. The writer keeps its buffer, so reuse one writer for page after page.
 *
 * What a format has no place for is left out: exemplars, units and start times in the text format.
 */
export class PageWriter {
  readonly format: Format;
  readonly #page: PageBuffer;
  readonly #families = new Set<string>();
  /** The name before a sample's suffix, and what of it stands inside the braces. */
  #base = "";
  /** Bytes up to the labels by suffix: `name_sum` or `{"na.me_sum"`. */
  #heads = new Map<string, { readonly bytes: Uint8Array; readonly open: boolean }>();
  #type: MetricType | undefined;
  #ended = false;

  constructor(options: { readonly format?: Format; readonly initialBytes?: number } = {}) {
    this.format = options.format ?? "text";
    this.#page = new PageBuffer(options.initialBytes ?? 4096);
  }

  /**
   * Begins a family.
   *
   * @throws MetricInvalid for a name that cannot be written or was written before, or a unit that does not end the name
   */
  family(head: FamilyHead): void {
    const { name, type, unit = "" } = head;
    if (name === "" || !name.isWellFormed()) {
      throw new MetricInvalid("NAME", `${JSON.stringify(name)} cannot name a metric; give it Unicode text`);
    }
    if (this.#ended)
      throw new MetricInvalid("ORDER", `family ${JSON.stringify(name)} after the end; clear() begins a new page`);
    const suffix = type === "counter" ? "_total" : type === "info" ? "_info" : "";
    const base = suffix !== "" && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
    if (unit !== "" && !base.endsWith(`_${unit}`)) {
      throw new MetricInvalid("UNIT", `metric ${JSON.stringify(name)} must end with its unit, _${unit}`);
    }
    const openMetrics = this.format === "openmetrics";
    const shown = openMetrics ? base : type === "info" ? base + suffix : name;
    if (this.#families.has(shown)) {
      throw new MetricInvalid(
        "ORDER",
        `family ${JSON.stringify(shown)} is on the page already; write all its samples at once`,
      );
    }
    this.#families.add(shown);
    this.#type = type;
    this.#heads = new Map();
    this.#base = openMetrics || type === "info" ? base : name;
    const quoted = plainName.test(shown) ? shown : `"${escapeQuoted(shown)}"`;
    if (head.help !== undefined) {
      const help = openMetrics
        ? escapeQuoted(head.help)
        : head.help.replace(/[\\\n]/g, (c) => (c === "\n" ? "\\n" : "\\\\"));
      this.#page.text(`# HELP ${quoted} ${help}\n`);
    }
    this.#page.text(`# TYPE ${quoted} ${openMetrics ? type : textWords[type]}\n`);
    if (openMetrics && unit !== "") this.#page.text(`# UNIT ${quoted} ${unit}\n`);
  }

  /** One sample of a counter, gauge, info, state set or unknown metric. `timestampMs` NaN: none. */
  sample(value: number, labels: LabelBlock = emptyBlock, timestampMs: number = Number.NaN, exemplar?: Exemplar): void {
    const suffix =
      this.#type === "info" ? "_info" : this.#type === "counter" && this.format === "openmetrics" ? "_total" : "";
    this.part(suffix, value, labels, timestampMs, exemplar);
  }

  /**
   * One sample of a name with this suffix: `_sum`, `_count`, `_bucket`, or none for the quantiles of a summary.
   *
   * @throws MetricInvalid before any family
   */
  part(
    suffix: string,
    value: number,
    labels: LabelBlock = emptyBlock,
    timestampMs: number = Number.NaN,
    exemplar?: Exemplar,
  ): void {
    this.#line(suffix, labels.bytes, undefined, value, timestampMs);
    if (exemplar !== undefined && this.format === "openmetrics") this.#exemplar(exemplar);
    this.#page.newline();
  }

  /**
   * All lines of one histogram series.
   *
   * @param counts - observations per bucket, not added up, from `offset` on; `bounds.buckets` of them
   * @param sum - of the values observed
   */
  histogram(
    bounds: HistogramBounds,
    counts: ArrayLike<number>,
    offset: number,
    sum: number,
    labels: LabelBlock = emptyBlock,
    timestampMs: number = Number.NaN,
  ): void {
    const les = bounds.labels(this.format);
    let count = 0;
    for (let bucket = 0; bucket < les.length; bucket++) {
      count += counts[offset + bucket] ?? 0;
      this.#line("_bucket", labels.bytes, les[bucket], count, timestampMs);
      this.#page.newline();
    }
    const gauge = this.#type === "gaugehistogram";
    this.part(gauge ? "_gsum" : "_sum", sum, labels, timestampMs);
    this.part(gauge ? "_gcount" : "_count", count, labels, timestampMs);
  }

  /** When the series with these labels began to count. Does nothing in the text format. */
  created(startTimestampMs: number, labels: LabelBlock = emptyBlock): void {
    if (this.format !== "openmetrics") return;
    this.#head("_created", labels.bytes, undefined);
    this.#page.seconds(Math.trunc(startTimestampMs));
    this.#page.newline();
  }

  /** Ends the page and returns it: a view, valid until the writer is used again. */
  end(): Uint8Array {
    if (!this.#ended && this.format === "openmetrics") this.#page.text("# EOF\n");
    this.#ended = true;
    return this.#page.written();
  }

  /** Begins a new page in the same buffer. */
  clear(): void {
    this.#page.clear();
    this.#families.clear();
    this.#type = undefined;
    this.#ended = false;
  }

  #line(suffix: string, labels: Uint8Array, last: Uint8Array | undefined, value: number, timestampMs: number): void {
    const page = this.#page;
    this.#head(suffix, labels, last);
    page.number(value);
    this.#timestamp(timestampMs);
  }

  /** Everything before the value. */
  #head(suffix: string, labels: Uint8Array, last: Uint8Array | undefined): void {
    const page = this.#page;
    const head = this.#heads.get(suffix) ?? this.#newHead(suffix);
    page.bytes(head.bytes);
    let { open } = head;
    if (labels.length > 0) {
      page.byte(open ? COMMA : OPEN);
      page.bytes(labels);
      open = true;
    }
    if (last !== undefined) {
      page.byte(open ? COMMA : OPEN);
      page.bytes(last);
      open = true;
    }
    if (open) page.byte(CLOSE);
    page.byte(SPACE);
  }

  #newHead(suffix: string): { readonly bytes: Uint8Array; readonly open: boolean } {
    if (this.#type === undefined || this.#ended) {
      throw new MetricInvalid("ORDER", "a sample needs a family above it; call family() first");
    }
    const name = this.#base + suffix;
    const plain = plainName.test(name);
    const head = { bytes: Buffer.from(plain ? name : `{"${escapeQuoted(name)}"`), open: !plain };
    this.#heads.set(suffix, head);
    return head;
  }

  #timestamp(timestampMs: number): void {
    if (!Number.isFinite(timestampMs)) return;
    this.#page.byte(SPACE);
    if (this.format === "openmetrics") this.#page.seconds(Math.trunc(timestampMs));
    else this.#page.integer(Math.trunc(timestampMs));
  }

  #exemplar(exemplar: Exemplar): void {
    const page = this.#page;
    page.bytes(exemplarMark);
    page.bytes(labelBlock(exemplar.labels).bytes);
    page.byte(CLOSE);
    page.byte(SPACE);
    page.number(exemplar.value);
    this.#timestamp(exemplar.timestampMs ?? Number.NaN);
  }
}
