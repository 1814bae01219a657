/** A server around a group: kube-apiserver says whom it believes and who may do what, and comes to believe it. */
import { createAggregatedServer, type AggregatedServerOptions, type ApiGroup } from "@kubemetrics/apiservice";
import {
  ApiServiceClient,
  authenticationConfigMap,
  ClusterConnection,
  ConfigMapCache,
  SubjectAccessReviewClient,
  TokenReviewClient,
  type ClusterConfig,
} from "@kubemetrics/kube";

export interface ServeOptions extends Omit<AggregatedServerOptions, "groups" | "kubeApiserver"> {
  readonly cluster: ClusterConfig;
  readonly port: number;
  readonly host: string;
}

export interface RunningServer {
  readonly port: number;
  /** Fails `/readyz` at once, serves for `delayMs` more, ends running requests, and stops. */
  close(delayMs: number): Promise<void>;
}

export async function serve(
  group: ApiGroup,
  { cluster, port, host, ...options }: ServeOptions,
): Promise<RunningServer> {
  const connection = new ClusterConnection(cluster);
  const trust = new ConfigMapCache(connection, authenticationConfigMap);
  const tokens = new TokenReviewClient(connection);
  const access = new SubjectAccessReviewClient(connection);
  const apiServices = new ApiServiceClient(connection);
  const kubeApiserver = { trust, tokens, access, apiServices };
  const server = createAggregatedServer({ ...options, groups: [group], kubeApiserver });
  const bound = await server.listen(port, host);
  trust.start();
  return {
    port: bound.port,
    async close(delayMs) {
      await server.close({ delayMs });
      await trust.close();
      await connection.close();
    },
  };
}
