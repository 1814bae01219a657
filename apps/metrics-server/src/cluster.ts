/** From flags to connections: one to kube-apiserver, and others only where flags name other kubeconfigs. */
import type { Clock, Log } from "@kubemetrics/apiservice";
import { ClusterConnection, inClusterConfig, kubeconfigConfig, type ClusterConfig } from "@kubemetrics/kube";
import type { MetricsServerOptions } from "./options.ts";
import type { ReadText } from "./text-files.ts";

export interface Cluster {
  readonly config: ClusterConfig;
  /** Nodes, pods. */
  readonly objects: ClusterConnection;
  /** TokenReviews and the authentication ConfigMap. */
  readonly authentication: ClusterConnection;
  /** SubjectAccessReviews. */
  readonly authorization: ClusterConnection;
  close(): Promise<void>;
}

export interface ClusterSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readText: ReadText;
  readonly clock: Clock;
  readonly log: Log;
}

/** @throws KubeConfigInvalid naming what is missing */
export async function openCluster(options: MetricsServerOptions, around: ClusterSurroundings): Promise<Cluster> {
  const opened = new Map<string, Promise<{ config: ClusterConfig; connection: ClusterConnection }>>();
  const open = (path: string): Promise<{ config: ClusterConfig; connection: ClusterConnection }> => {
    const known = opened.get(path) ?? connect(path, around);
    opened.set(path, known);
    return known;
  };
  const main = await open(options.kubeconfig);
  // Upstream falls back to the pod's service account here, which does not exist where --kubeconfig is needed.
  const authentication = await open(options.authentication.kubeconfig || options.kubeconfig);
  const authorization = await open(options.authorization.kubeconfig || options.kubeconfig);
  const connections = new Set([main.connection, authentication.connection, authorization.connection]);
  return {
    config: main.config,
    objects: main.connection,
    authentication: authentication.connection,
    authorization: authorization.connection,
    async close() {
      await Promise.all([...connections].map((connection) => connection.close()));
    },
  };
}

async function connect(
  path: string,
  around: ClusterSurroundings,
): Promise<{ config: ClusterConfig; connection: ClusterConnection }> {
  const { environment, clock, log, readText } = around;
  const config =
    path === ""
      ? await inClusterConfig({
          host: environment["KUBERNETES_SERVICE_HOST"],
          port: environment["KUBERNETES_SERVICE_PORT"],
          readFile: readText,
          clock,
        })
      : await kubeconfigConfig({ path, readFile: readText, clock });
  for (const warning of config.warnings ?? []) log.warn({ configuration: config.description }, warning);
  return { config, connection: new ClusterConnection(config, { clock, userAgent: "metrics-server" }) };
}
