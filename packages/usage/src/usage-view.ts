/**
 * What can be asked of the store.
 *
 * The objects are the store's own records: fields change in place when the next page is committed, always together with
 * `version`. Read them at once, or keep what was made of them under their version.
 */

/** Average usage of a node over a window that ends at `timeMs`. */
export interface NodeUsage {
  /** Grows with every change of this object; unique among all objects of a store. */
  readonly version: number;
  /** When the counter was read, milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** Nanoseconds within the millisecond of `timeMs`. */
  readonly timeNanos: number;
  /** Length of the window in nanoseconds. */
  readonly windowNs: number;
  /** When the store got this value, by its own clock. */
  readonly committedMs: number;
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

/** Average usage of a pod's containers. Time and window are those of the container with the earliest reading. */
export interface PodUsage {
  /** The node whose kubelet reported it. */
  readonly nodeName: string;
  readonly version: number;
  readonly timeMs: number;
  readonly timeNanos: number;
  readonly windowNs: number;
  readonly committedMs: number;
  /** In byte order of their names. Always all containers the pod had at that reading. */
  readonly containers: readonly ContainerUsage[];
}

export interface ContainerUsage {
  readonly name: string;
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}
