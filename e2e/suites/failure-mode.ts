/**
 * A way in which the aggregation layer around metrics-server is known to break, produced for real.
 *
 * `symptoms` is what an operator can see without knowing the cause: the raw material for a doctor that does know it. Every pattern
 * must match; an absent one was not there or says nothing about this cause.
 */
import { kubernetesVersion, type KubernetesFacts } from "../control-plane/kubernetes-versions.ts";
import { applies } from "./kubernetes-skips.ts";
import type { PrepareApiServer } from "../control-plane/start.ts";
import type { RealCluster } from "./real-cluster.ts";

export interface Symptoms {
  /** Condition `Available` of `v1.metrics.k8s.io`: `<status> <reason>: <message>`. */
  readonly condition: string;
  /** `GET …/nodes` through the aggregator as administrator: `<status> <body>`. */
  readonly administrator: string;
  /** The same as a user with the role system:aggregated-metrics-reader. */
  readonly viewer: string;
  /** `/readyz?verbose` of metrics-server itself. */
  readonly readyz: string;
  /** metrics-server's log since the break. */
  readonly serverLog: string;
  /** kube-apiserver's log since the break. */
  readonly apiServerLog: string;
}

export interface FailureMode {
  readonly id: string;
  readonly title: string;
  readonly symptoms: Readonly<Partial<Record<keyof Symptoms, RegExp>>>;
  /** Made when the cluster starts: such a mode has a cluster of its own. */
  readonly apiServer?: PrepareApiServer;
  /** What decides how it looks. A mode without looks the same in every version, and is made with the newest only. */
  readonly dependsOn?: keyof KubernetesFacts;
  /** kube-apiserver does not start at all; what its log says. */
  readonly refusesToStart?: RegExp;
  /** Breaks a healthy cluster; returns the repair. */
  readonly break?: (cluster: RealCluster) => Promise<() => Promise<void>>;
}

/** Those to be made with this run's Kubernetes. */
export function applicable(modes: readonly FailureMode[]): readonly FailureMode[] {
  const { isNewest } = kubernetesVersion();
  return modes.filter(({ title, dependsOn }) =>
    applies(isNewest || dependsOn !== undefined, `"${title}"`, "it looks the same in every version"),
  );
}
