import type { Cluster } from "@kubernetes/client-node";
import type { ReadFile } from "./rotating-file.ts";

/** Of a cluster's `extensions`: what its plugins want to know. */
const extensionName = "client.authentication.k8s.io/exec";

/** A cluster as it is in the file; the official loader drops extensions. */
export interface ClusterEntry {
  readonly extensions?: readonly { readonly name?: unknown; readonly extension?: unknown }[] | null;
}

/**
 * `spec.cluster` of the ExecCredential that an exec plugin is told with `provideClusterInfo`.
 *
 * @see client-go `rest/exec.go` (ConfigToExecCluster)
 */
export async function execCluster(cluster: Cluster, entry: ClusterEntry, read: ReadFile): Promise<object> {
  const { server, tlsServerName, skipTLSVerify, caData, caFile, proxyUrl } = cluster;
  const authority = caData || (caFile && Buffer.from(await read(caFile)).toString("base64"));
  const config = entry.extensions?.find(({ name }) => name === extensionName)?.extension;
  return {
    server,
    ...(tlsServerName && { "tls-server-name": tlsServerName }),
    ...(skipTLSVerify && { "insecure-skip-tls-verify": true }),
    ...(authority && { "certificate-authority-data": authority }),
    ...(proxyUrl && { "proxy-url": proxyUrl }),
    ...(config !== undefined && { config }),
  };
}
