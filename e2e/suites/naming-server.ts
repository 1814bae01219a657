/** An extension server of the framework that names, in each handshake, the authorities it believes; beside a real kube-apiserver. */
import { join } from "node:path";
import { createExtensionServer, systemClock, type Log } from "@kubemetrics/apiservice";
import { ConfigMapTrust, createDelegatingAuthenticator } from "@kubemetrics/authentication";
import { delegatedAuthorizer } from "@kubemetrics/authorization";
import { wardleGroup } from "@kubemetrics/example-flunders";
import {
  authenticationConfigMap,
  ClusterConnection,
  ConfigMapCache,
  kubeconfigConfig,
  SubjectAccessReviewClient,
  TokenReviewClient,
} from "@kubemetrics/kube";
import { issueServer } from "@kubemetrics/x509";
import type { RealCluster } from "./real-cluster.ts";

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Serves flunders with metrics-server's account; its certificate is of the cluster's authority. Ends with the cluster. */
export async function startNamingServer(cluster: RealCluster): Promise<{ readonly url: string }> {
  const { plane } = cluster;
  const config = await kubeconfigConfig({ path: join(plane.folder, "metrics-server.kubeconfig") });
  const connection = new ClusterConnection(config);
  const map = new ConfigMapCache(connection, authenticationConfigMap);
  const trust = new ConfigMapTrust({ source: map, onNotice: () => undefined });
  const server = createExtensionServer({
    groups: [wardleGroup(systemClock)],
    authenticator: createDelegatingAuthenticator({ trust, tokens: { reviewer: new TokenReviewClient(connection) } }),
    authorizer: delegatedAuthorizer({
      accessReview: { reviewer: new SubjectAccessReviewClient(connection), clock: systemClock },
    }),
    tls: issueServer(plane.clusterAuthority, { commonName: "flunders", dnsNames: [], ipAddresses: ["127.0.0.1"] }),
    clientCaHints: trust,
    log: silent,
  });
  const { port } = await server.listen(0, "127.0.0.1");
  map.start();
  await trust.answered;
  cluster.endsWith({
    async [Symbol.asyncDispose]() {
      await server.close({ drainMs: 0 });
      trust.close();
      await map.close();
      await connection.close();
    },
  });
  return { url: `https://127.0.0.1:${port}` };
}
