/** One kubelet answer, as the store takes it: flat columns, one row a container. */

/** Who a row is about. Made once by the producer and handed out again for every later page: the store compares references first. */
export interface ContainerIdentity {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/**
 * The points of one page of one node.
 *
 * The store reads it inside `commit` and keeps only the identities, so a producer refills the same columns for every
 * page. A row is cheap when `containers[row]` is the same object as in the page before. A container that has no row is
 * as one that has an absent one: what is known of it is kept for as long.
 *
 * A counter is the CPU time used so far in nanoseconds (nanocore seconds), as float64: the kubelet's page carries no
 * more than that. Times are whole milliseconds since the Unix epoch plus nanoseconds within the millisecond (0 …
 * 999,999), because start times are finer than a float64 can hold in one number.
 *
 * NaN means "not reported". A row whose counter, memory and start are all NaN is absent from the page; a row with only
 * some of them is present and incomplete, and its pod is not published without it.
 */
export interface NodePoints {
  /** The node's own counter; NaN when the page has none. */
  readonly nodeCpuNs: number;
  readonly nodeMemoryBytes: number;
  readonly nodeTimeMs: number;
  readonly nodeTimeNanos: number;
  /** Rows in use; the columns may be longer. */
  readonly size: number;
  readonly containers: readonly ContainerIdentity[];
  readonly cpuNs: Float64Array;
  readonly memoryBytes: Float64Array;
  /** Time of the counter's reading. */
  readonly timeMs: Float64Array;
  readonly timeNanos: Float64Array;
  /** Start of the container; NaN is unknown, and treated as long ago. */
  readonly startMs: Float64Array;
  readonly startNanos: Float64Array;
}
