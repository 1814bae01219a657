import type { Labels } from "@kubemetrics/apimachinery";

/** `version` changes when the labels do, and is never used twice. */
export interface KnownNode {
  readonly name: string;
  readonly labels: Labels;
  readonly version: number;
}

/** A pod in phase Running. `version` changes when the labels do, and is never used twice. Equal label sets are one object. */
export interface KnownPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly version: number;
}

/** A node as a scrape needs it. */
export interface NodeTarget {
  readonly name: string;
  /** In the node's own order. */
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  /** From the node's status; 0 when it names none. */
  readonly kubeletPort: number;
  /** Only `metrics.k8s.io/resource-metrics-path` is kept. */
  readonly annotations: Labels;
  /** Condition Ready is True. */
  readonly ready: boolean;
}
