/** A server around a group: whom it believes, who may do what, and how kube-aggregator comes to believe it. */
import {
  ApiServiceRegistration,
  createExtensionServer,
  type ApiGroup,
  type ApiServiceRegistrationOptions,
  type Clock,
  type Log,
  type ServiceName,
} from "@kubemetrics/apiservice";
import { ConfigMapTrust, createDelegatingAuthenticator } from "@kubemetrics/authentication";
import { delegatedAuthorizer } from "@kubemetrics/authorization";
import {
  ApiServiceClient,
  authenticationConfigMap,
  ClusterConnection,
  ConfigMapCache,
  SubjectAccessReviewClient,
  TokenReviewClient,
  type ClusterConfig,
} from "@kubemetrics/kube";

export interface ServeOptions {
  readonly cluster: ClusterConfig;
  /** The Service that stands before this server. */
  readonly service: ServiceName;
  readonly port: number;
  readonly host: string;
  readonly log: Log;
  readonly clock: Clock;
  /** How long certificates last, and how soon they are renewed. Default: about a year. */
  readonly renewal?: Partial<ApiServiceRegistrationOptions>;
}

export interface RunningServer {
  readonly port: number;
  /** Fails `/readyz` at once, serves for `delayMs` more, ends running requests, and stops. */
  close(delayMs: number): Promise<void>;
}

export async function serve(group: ApiGroup, options: ServeOptions): Promise<RunningServer> {
  const { cluster, service, log, clock } = options;
  const connection = new ClusterConnection(cluster);
  const trustMap = new ConfigMapCache(connection, authenticationConfigMap);
  const trust = new ConfigMapTrust({ source: trustMap, onNotice: ({ code, message }) => log.warn({ code }, message) });
  const apiServices = group.versions.map(({ version }) => `${version}.${group.name}`);
  const client = new ApiServiceClient(connection);
  const registration = new ApiServiceRegistration({ ...options.renewal, service, apiServices, client, clock, log });
  const server = createExtensionServer({
    groups: [group],
    authenticator: createDelegatingAuthenticator({ trust, tokens: { reviewer: new TokenReviewClient(connection) } }),
    authorizer: delegatedAuthorizer({ accessReview: { reviewer: new SubjectAccessReviewClient(connection), clock } }),
    tls: registration.pair,
    health: [registration.health, { name: "trust", endpoints: ["readyz"], check: () => trust.problem }],
    log,
    clock,
  });
  const { port } = await server.listen(options.port, options.host);
  trustMap.start();
  registration.start((pair) => server.replaceCertificate(pair));
  return {
    port,
    async close(delayMs) {
      registration.close();
      await server.close({ delayMs });
      trust.close();
      await trustMap.close();
      await connection.close();
    },
  };
}
