/** What the resources need to know about the cluster: which nodes and pods there are, and their labels. */
import type { Labels } from "@kubemetrics/apimachinery";

/**
 * Nodes and running pods, from memory. Lists are sorted by namespace, then name, in byte order.
 *
 * Hand out the same object for as long as name and labels are the same, and the same array while its members are:
 * encodings and selector results are kept by identity. New ones each time work, but everything is made anew each time.
 *
 * An implementation that cannot answer yet throws; clients get 500 with its message.
 */
export interface KnownObjects {
  nodes(): readonly KnownNode[];
  node(name: string): KnownNode | undefined;
  /** All namespaces when `namespace` is undefined. */
  pods(namespace: string | undefined): readonly KnownPod[];
  pod(namespace: string, name: string): KnownPod | undefined;
}

export interface KnownNode {
  readonly name: string;
  readonly labels: Labels;
  /** Another number when the labels changed. */
  readonly version: number;
}

export interface KnownPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly version: number;
}
