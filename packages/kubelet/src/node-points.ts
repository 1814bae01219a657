/** What a page becomes: flat columns, one row a container. The same shape as `NodePoints` of @kubemetrics/usage. */

/** Who a row is about. One object for as long as the container stays on its node's pages. */
export interface ContainerIdentity {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/**
 * The points of one page. **Valid only until the next page is decoded**: decoders of all nodes may share the columns.
 *
 * Counters are CPU time used so far in nanoseconds, as float64, truncated as Go does. Times are whole milliseconds since
 * the Unix epoch plus nanoseconds within the millisecond. NaN means "not reported"; a row with counter, memory and start
 * all NaN is absent from the page.
 */
export interface NodePoints {
  readonly nodeCpuNs: number;
  readonly nodeMemoryBytes: number;
  readonly nodeTimeMs: number;
  readonly nodeTimeNanos: number;
  /** Rows in use; the columns may be longer. */
  readonly size: number;
  readonly containers: readonly ContainerIdentity[];
  readonly cpuNs: Float64Array;
  readonly memoryBytes: Float64Array;
  /** Time of the CPU counter: rates are made of it. */
  readonly timeMs: Float64Array;
  readonly timeNanos: Float64Array;
  readonly startMs: Float64Array;
  readonly startNanos: Float64Array;
}

/** Called when a node's page was decoded: the usage store's `commit`. It must have read the points when it returns. */
export interface PointSink {
  commit(node: string, points: NodePoints): void;
}
