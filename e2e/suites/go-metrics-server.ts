/** The Go metrics-server v0.9.0 beside this one, over the same kubelets with the same account. */
import { join } from "node:path";
import { apiClient, type ApiClient, type Credentials } from "../control-plane/api-client.ts";
import { program } from "../control-plane/assets.ts";
import { startProcess } from "../control-plane/process.ts";
import { freePort } from "../control-plane/free-ports.ts";
import { eventually } from "./metrics-server-process.ts";
import type { RealCluster } from "./real-cluster.ts";

export interface GoMetricsServer {
  readonly port: number;
  /** The server itself, not through the aggregator. */
  direct(who: Credentials): ApiClient;
}

/** Resolves when it answers; it is not registered with the aggregator. Ends with the cluster. */
export async function startGoMetricsServer(
  cluster: RealCluster,
  flags: readonly string[] = [],
): Promise<GoMetricsServer> {
  const { folder } = cluster.plane;
  const file = (name: string): string => join(folder, name);
  const port = await freePort();
  const own = file("metrics-server.kubeconfig");
  const server = startProcess("go-metrics-server", await program("metrics-server"), folder, [
    `--kubeconfig=${own}`,
    `--authentication-kubeconfig=${own}`,
    `--authorization-kubeconfig=${own}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    `--tls-cert-file=${file("serving.crt")}`,
    `--tls-private-key-file=${file("serving.key")}`,
    `--kubelet-certificate-authority=${file("kubelets.crt")}`,
    `--kubelet-client-certificate=${file("kubelet-client.crt")}`,
    `--kubelet-client-key=${file("kubelet-client.key")}`,
    "--kubelet-use-node-status-port",
    "--kubelet-preferred-address-types=InternalIP",
    "--metric-resolution=10s",
    "--kubelet-request-timeout=5s",
    ...flags,
  ]);
  cluster.endsWith(server);
  const direct = (who: Credentials): ApiClient => {
    const client = apiClient(
      { url: `https://127.0.0.1:${port}`, authorityPem: cluster.plane.clusterAuthority.certificatePem },
      who,
    );
    cluster.endsWith(client);
    return client;
  };
  const probe = direct({});
  await eventually("the Go server answers", async () => (await probe.request("GET", "/livez")).status, 30_000, server);
  return { port, direct };
}
