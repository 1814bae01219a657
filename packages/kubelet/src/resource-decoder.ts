/** Decodes `/metrics/resource`: CPU, memory and start time of the node's containers, CPU and memory of the node. */
import { SeriesScanner, type SampleSink } from "@kubemetrics/exposition";
import { ContainerRows } from "./internal/container-rows.ts";
import { counterNs, isTimeMs, startNs, wholeBytes } from "./internal/counter-value.ts";
import { scanPage } from "./internal/page-scan.ts";
import { Rejections } from "./internal/rejections.ts";
import { SeriesMap, unknown, unusable } from "./internal/series-map.ts";
import { NameTable } from "./name-table.ts";
import type { DecodedPage, DecoderOptions, PageDecoder } from "./page-decoder.ts";
import { PointColumns } from "./point-columns.ts";

const containerCpu = 0;
const containerMemory = 1;
const containerStart = 2;
const nodeCpu = 3;
const nodeMemory = 4;
const families = [
  "container_cpu_usage_seconds_total",
  "container_memory_working_set_bytes",
  "container_start_time_seconds",
  "node_cpu_usage_seconds_total",
  "node_memory_working_set_bytes",
];

/**
 * Decodes the resource page of one node, with metrics-server's arithmetic and these differences:
 *
 * - a bad line is left out alone, not the page with it; so is a value that is no counter (NaN, negative, too large)
 * - zero is a value
 * - the time of a point is that of its CPU line
 * - labels are parsed, not searched for; a line without `container`, `pod` and `namespace` is left out
 * - a last line without a newline is left out
 */
export class ResourceDecoder implements PageDecoder {
  readonly #node: string;
  readonly #columns: PointColumns;
  readonly #rows: ContainerRows;
  readonly #scanner: SeriesScanner;
  readonly #rejections = new Rejections();
  readonly #sink: SampleSink = {
    sample: (family, series, value, timestampMs) => this.#sample(family, series, value, timestampMs),
    appeared: (series) => this.#rowOf.appeared(series),
  };
  readonly #rowOf = new SeriesMap();
  #requestMs = 0;

  constructor(node: string, options: DecoderOptions = {}) {
    this.#node = node;
    this.#columns = options.columns ?? new PointColumns();
    this.#rows = new ContainerRows(options.names ?? new NameTable());
    this.#scanner = new SeriesScanner(families);
  }

  decode(page: Uint8Array, requestMs: number): DecodedPage {
    const columns = this.#columns;
    this.#requestMs = requestMs;
    this.#rejections.clear();
    columns.clear();
    columns.grow(this.#rows.identities.length);
    scanPage(this.#scanner, page, this.#sink, this.#rejections, this.#node, "/metrics/resource");
    columns.containers = this.#rows.identities;
    if (this.#rows.endPage((row) => columns.isReported(row))) this.#rowOf.clear();
    const { rejected, rejectedBy, firstRejected } = this.#rejections;
    return { points: columns, rejected, rejectedBy, firstRejected };
  }

  #sample(family: number, series: number, value: number, timestampMs: number): void {
    const columns = this.#columns;
    const hasTime = timestampMs === timestampMs;
    if (hasTime && !isTimeMs(timestampMs)) return this.#rejections.add("timestamp-range", families[family] ?? "");
    const timeMs = hasTime ? timestampMs : this.#requestMs;
    if (family >= nodeCpu) {
      const number = family === nodeCpu ? counterNs(value) : wholeBytes(value);
      if (number !== number) return this.#rejectValue(family, value);
      if (family === nodeMemory) columns.nodeMemoryBytes = number;
      else columns.setNodeCpu(number, timeMs, 0);
      return;
    }
    const row = this.#row(series);
    if (row < 0) return this.#rejections.add("labels-missing", `${families[family]} without container, pod, namespace`);
    if (family === containerCpu) {
      const number = counterNs(value);
      if (number !== number) return this.#rejectValue(family, value);
      columns.setCpu(row, number, timeMs, 0);
    } else if (family === containerMemory) {
      const number = wholeBytes(value);
      if (number !== number) return this.#rejectValue(family, value);
      columns.memoryBytes[row] = number;
    } else if (family === containerStart) {
      const number = startNs(value);
      if (number !== number) return this.#rejectValue(family, value);
      columns.setStart(row, number);
    }
  }

  #row(series: number): number {
    const known = this.#rowOf.get(series);
    if (known !== unknown) return known;
    const labels = this.#scanner.labels(series);
    const container = labels?.get("container");
    const pod = labels?.get("pod");
    const namespace = labels?.get("namespace");
    const isNamed = container !== undefined && pod !== undefined && namespace !== undefined;
    const row = isNamed ? this.#rows.rowOf(namespace, pod, container) : unusable;
    this.#rowOf.set(series, row);
    this.#columns.grow(row + 1);
    return row;
  }

  #rejectValue(family: number, value: number): void {
    this.#rejections.add("value-range", `${families[family]} is ${value}`);
  }
}
