/** Decodes `/metrics/cadvisor`, for kubelets without the resource endpoint: forty times the bytes for the same numbers. */
import { SeriesScanner, type SampleSink } from "@kubemetrics/exposition";
import { CadvisorInstances } from "./internal/cadvisor-instances.ts";
import { ContainerRows } from "./internal/container-rows.ts";
import { counterNs, isTimeMs, startNs, wholeBytes } from "./internal/counter-value.ts";
import { scanPage } from "./internal/page-scan.ts";
import { Rejections } from "./internal/rejections.ts";
import { SeriesMap, unknown, unusable } from "./internal/series-map.ts";
import { NameTable } from "./name-table.ts";
import type { DecodedPage, DecoderOptions, PageDecoder } from "./page-decoder.ts";
import { PointColumns } from "./point-columns.ts";

const cpu = 0;
const memory = 1;
const families = [
  "container_cpu_usage_seconds_total",
  "container_memory_working_set_bytes",
  "container_start_time_seconds",
];

/**
 * Decodes the cadvisor page of one node. Rows of pods as a whole, of pause containers (`POD`) and of other cgroups are
 * passed over; the root cgroup is the node. Of two instances of a container (it restarted), the younger counts. A page
 * with a line per processor is summed up.
 *
 * Start times are whole seconds here, and with the kubelet's feature gate PodAndContainerStatsFromCRI so is CPU.
 */
export class CadvisorDecoder implements PageDecoder {
  readonly #node: string;
  readonly #columns: PointColumns;
  readonly #rows: ContainerRows;
  readonly #instances: CadvisorInstances;
  readonly #scanner: SeriesScanner;
  readonly #rejections = new Rejections();
  readonly #instanceOf = new SeriesMap();
  readonly #perProcessor = new Set<number>();
  readonly #sink: SampleSink = {
    sample: (family, series, value, timestampMs) => this.#sample(family, series, value, timestampMs),
    appeared: (series) => this.#instanceOf.appeared(series),
  };
  #requestMs = 0;

  constructor(node: string, options: DecoderOptions = {}) {
    this.#node = node;
    this.#columns = options.columns ?? new PointColumns();
    this.#rows = new ContainerRows(options.names ?? new NameTable());
    this.#instances = new CadvisorInstances(this.#rows);
    this.#scanner = new SeriesScanner(families);
  }

  decode(page: Uint8Array, requestMs: number): DecodedPage {
    const columns = this.#columns;
    this.#requestMs = requestMs;
    this.#rejections.clear();
    this.#instances.clear();
    columns.clear();
    scanPage(this.#scanner, page, this.#sink, this.#rejections, this.#node, "/metrics/cadvisor");
    this.#instances.fill(columns);
    columns.containers = this.#rows.identities;
    if (this.#rows.endPage((row) => columns.isReported(row)) || this.#instances.isOvergrown) {
      this.#instances.reset();
      this.#instanceOf.clear();
      this.#perProcessor.clear();
    }
    const { rejected, rejectedBy, firstRejected } = this.#rejections;
    return { points: columns, rejected, rejectedBy, firstRejected };
  }

  #sample(family: number, series: number, value: number, timestampMs: number): void {
    const number = this.#instanceNumber(series);
    if (number === unusable) return;
    const hasTime = !Number.isNaN(timestampMs);
    if (hasTime && !isTimeMs(timestampMs)) return this.#rejections.add("timestamp-range", families[family] ?? "");
    const instance = this.#instances.at(number);
    const whole = family === cpu ? counterNs(value) : family === memory ? wholeBytes(value) : startNs(value);
    if (Number.isNaN(whole)) return this.#rejections.add("value-range", `${families[family]} is ${value}`);
    if (family === memory) instance.memoryBytes = whole;
    else if (family !== cpu) instance.startNs = whole;
    else {
      instance.timeMs = hasTime ? timestampMs : this.#requestMs;
      if (!this.#perProcessor.has(series)) instance.cpuNs = whole;
      else instance.cpuSumNs = (Number.isNaN(instance.cpuSumNs) ? 0 : instance.cpuSumNs) + whole;
    }
  }

  #instanceNumber(series: number): number {
    const known = this.#instanceOf.get(series);
    if (known !== unknown) return known;
    const labels = this.#scanner.labels(series);
    const processor = labels?.get("cpu");
    if (processor === undefined || processor === "total" || processor === "") this.#perProcessor.delete(series);
    else this.#perProcessor.add(series);
    const number = labels === undefined ? unusable : this.#instances.numberOf(labels);
    this.#instanceOf.set(series, number);
    return number;
  }
}
