/** Which kubelets to scrape: what this package needs to know about a node, and who tells it. */

/** A node as a scrape needs it. Replaced, never changed in place: a new object means something changed. */
export interface ScrapeTarget {
  readonly name: string;
  /** As in `status.addresses`, in the node's own order. */
  readonly addresses: readonly NodeAddress[];
  /** `status.daemonEndpoints.kubeletEndpoint.Port`; 0 when the node names none. */
  readonly kubeletPort: number;
  /** Only `metrics.k8s.io/resource-metrics-path` is read. */
  readonly annotations: ReadonlyMap<string, string>;
  /** `false`: the cluster says that the node is not ready. It is scraped all the same, but keeps no ready node waiting. */
  readonly ready?: boolean;
}

export interface NodeAddress {
  /** `Hostname`, `InternalDNS`, `InternalIP`, `ExternalDNS`, `ExternalIP`, or what the cloud made up. */
  readonly type: string;
  readonly address: string;
}

/** The nodes as they are now. Asked once a period and whenever the schedule is told to look again. */
export interface TargetSource {
  targets(): Iterable<ScrapeTarget>;
}
