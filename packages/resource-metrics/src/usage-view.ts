/**
 * What the resources need to know about usage. Implementations answer from memory and never block.
 *
 * The objects may be the implementation's own records, changed in place together with their `version`: they are read
 * at once, and what was made of them is kept under that version.
 */

/** `UsageStore` of @kubemetrics/usage fits; so does anything else that knows rates, such as PromQL. */
export interface UsageView {
  node(name: string): NodeUsage | undefined;
  pod(namespace: string, name: string): PodUsage | undefined;
}

/** Average usage over a window that ends at `timeMs`. */
export interface NodeUsage {
  /** Another number whenever anything in this object changed; unique among the objects of a view. */
  readonly version: number;
  /** When usage was read, milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** Length of the window in nanoseconds. */
  readonly windowNs: number;
  /** When this server got the value: becomes `metadata.creationTimestamp`. */
  readonly committedMs: number;
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

export interface PodUsage {
  /** The node whose kubelet reported it. */
  readonly nodeName: string;
  readonly version: number;
  readonly timeMs: number;
  readonly windowNs: number;
  readonly committedMs: number;
  readonly containers: readonly ContainerUsage[];
}

export interface ContainerUsage {
  readonly name: string;
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}
