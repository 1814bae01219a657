/** Keeps the latest and the previous point of every node and container, and answers with the rate between them. */
import type { NodePoints } from "./node-points.ts";
import type { NodeUsage, PodUsage } from "./usage-view.ts";

export interface UsageStoreOptions {
  /** The period of scrapes in milliseconds. A container younger than this is served after its first reading. */
  readonly resolutionMs: number;
  /**
   * How long a value is served after the last page that confirmed it, in milliseconds; the store's clock decides.
   * Default 3 × `resolutionMs`. Longer hides outages of kubelets, shorter makes holes after a single missed scrape.
   */
  readonly maxAgeMs?: number;
  /** A container younger than this is not served after its first reading: too short a window to mean anything. Default 10,000. */
  readonly freshContainerMinAgeMs?: number;
  /** Milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /**
   * Whether the cluster lists this pod as running. Asked when a good page lacks the pod: a pod that runs keeps its last
   * value for `maxAgeMs`, another one goes at once. Default: every pod runs.
   */
  readonly isRunning?: (namespace: string, pod: string) => boolean;
}

/** How many values can be served now. */
export interface StoredPoints {
  readonly nodes: number;
  readonly containers: number;
}

/** Usage of nodes and pods, from the points of their kubelets. */
export class UsageStore {
  constructor(options: UsageStoreOptions) {
    void options;
  }

  /** Takes one page of a node. Values are visible when it returns. */
  commit(node: string, points: NodePoints): void {
    void node;
    void points;
  }

  /** The node's usage; `undefined` while there is none or when it is too old. */
  node(name: string): NodeUsage | undefined {
    void name;
    return undefined;
  }

  /** The pod's usage; `undefined` while there is none or when it is too old. */
  pod(namespace: string, name: string): PodUsage | undefined {
    void namespace;
    void name;
    return undefined;
  }

  /** Forgets a node and the pods it reported. */
  nodeGone(name: string): void {
    void name;
  }

  /** Forgets a pod: its deletion was seen. */
  podGone(namespace: string, name: string): void {
    void namespace;
    void name;
  }

  /** Counts what can be served now, for `metrics_server_storage_points` and readiness. Walks everything. */
  storedPoints(): StoredPoints {
    return { nodes: 0, containers: 0 };
  }
}
