/** What the suites need from a cluster that runs metrics-server, whoever provides it: the sandbox or the real control plane. */
export interface MetricsCluster extends AsyncDisposable {
  readonly name: string;
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly nodes: readonly string[];
  /** A namespace with pods, and a label that selects some of them but not all. */
  readonly sample: { readonly namespace: string; readonly selector: string; readonly pods: readonly string[] };
  /** Containers in the whole cluster. */
  readonly containers: number;
}
