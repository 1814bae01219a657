/** What a kubelet knows about usage: the node, its pods, their containers. */

/** A cumulative CPU counter and a memory gauge, sampled at moments of their own. All times are epoch milliseconds. */
export interface Meter {
  /** When the sample was taken that a reader gets at `nowMs`. */
  sampleTimeMs(nowMs: number): number;
  /** CPU seconds used since the start, at the sample's time. */
  cpuSeconds(nowMs: number): number;
  workingSetBytes(nowMs: number): number;
}

export interface MeteredContainer extends Meter {
  readonly name: string;
  readonly startMs: number;
}

export interface MeteredPod extends Meter {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly startMs: number;
  readonly containers: readonly MeteredContainer[];
}

export interface MeteredNode extends Meter {
  readonly name: string;
  /** Changes when pods or containers come, go, or start anew. */
  readonly generation: number;
  readonly pods: readonly MeteredPod[];
  readonly startMs: number;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  /** Brings the numbers up to date, where they have to be fetched. */
  refresh(): Promise<void>;
}
