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

interface LabelledPod {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
}

/** A namespace and a label that tell some of its pods from others. */
export function sampleOf(pods: readonly LabelledPod[]): MetricsCluster["sample"] {
  for (const { metadata } of pods) {
    const { namespace = "" } = metadata;
    const neighbours = pods.filter((pod) => pod.metadata.namespace === namespace);
    for (const [label, value] of Object.entries(metadata.labels ?? {})) {
      const selected = neighbours.filter((pod) => pod.metadata.labels?.[label] === value);
      if (selected.length === neighbours.length) continue;
      return { namespace, selector: `${label}=${value}`, pods: selected.map((pod) => pod.metadata.name) };
    }
  }
  throw new Error("no label tells pods of a namespace apart");
}
