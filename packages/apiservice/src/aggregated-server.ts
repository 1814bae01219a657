/** The parts put together for the usual case: a server behind kube-aggregator that leaves all judgement to kube-apiserver. */
import {
  ConfigMapTrust,
  createDelegatingAuthenticator,
  type ConfigMapSource,
  type TokenReviewer,
} from "@kubemetrics/authentication";
import { delegatedAuthorizer, type SubjectAccessReviewer } from "@kubemetrics/authorization";
import type { ServiceName } from "./api-service-certificate.ts";
import type { ApiServiceClient } from "./api-service-client.ts";
import { ApiServiceRegistration, type ApiServiceRegistrationOptions } from "./api-service-registration.ts";
import { elapsedMs, systemClock } from "./clock.ts";
import { createExtensionServer } from "./extension-server.ts";
import type { ExtensionServer, ExtensionServerOptions, ServingPair, TlsOptions } from "./server-options.ts";

/** What is asked of kube-apiserver. `ConfigMapCache`, `TokenReviewClient` … of `@kubemetrics/kube` fit. */
export interface KubeApiserver {
  /** ConfigMap `kube-system/extension-apiserver-authentication`: whose certificates count, and for what. */
  readonly trust: ConfigMapSource;
  readonly tokens: TokenReviewer;
  readonly access: SubjectAccessReviewer;
  readonly apiServices: ApiServiceClient;
}

type Decided = "authenticator" | "authorizer" | "clientCaHints" | "tls";

export interface AggregatedServerOptions extends Omit<ExtensionServerOptions, Decided> {
  readonly kubeApiserver: KubeApiserver;
  /** The Service that stands before this server: its certificate is for `<name>.<namespace>.svc`. */
  readonly service: ServiceName;
  /** Serve with this, and leave the APIServices alone: for certificates that somebody else hands out. */
  readonly serving?: ServingPair;
  readonly tls?: Omit<TlsOptions, keyof ServingPair>;
  /** How long certificates issued here last, and how soon they are renewed. */
  readonly renewal?: Partial<Omit<ApiServiceRegistrationOptions, "apiServices" | "client" | "service">>;
  /** Name the trusted CAs in handshakes, see {@link ExtensionServerOptions.clientCaHints}. Default false. */
  readonly clientCaHints?: boolean;
}

/** A registration, or only what somebody else handed out. */
type ServingIdentity = Pick<ApiServiceRegistration, "pair"> &
  Partial<Pick<ApiServiceRegistration, "health" | "start" | "suspect" | "close">>;

const hourMs = 3_600_000;

/**
 * Makes a server; `listen` starts it.
 *
 * Believes the front proxy and the users that the ConfigMap names, asks kube-apiserver about tokens and about every
 * permission, and makes kube-aggregator believe it: the authority of its certificate goes into the `caBundle` of its own
 * APIServices. Dangerous configurations are logged as warnings.
 */
export function createAggregatedServer(options: AggregatedServerOptions): ExtensionServer {
  const { kubeApiserver, service, serving, renewal, groups, log, clock = systemClock } = options;
  const now = (): number => clock.now();
  const tokens = { reviewer: kubeApiserver.tokens, clock: () => elapsedMs(clock) };
  const trust = new ConfigMapTrust({
    source: kubeApiserver.trust,
    onNotice: ({ code, message }) => log.warn({ code }, message),
    clock: now,
  });
  const apiServices = groups.flatMap(({ name, versions }) => versions.map(({ version }) => `${version}.${name}`));
  const client = kubeApiserver.apiServices;
  const identity: ServingIdentity =
    serving === undefined
      ? new ApiServiceRegistration({ clock, log, ...renewal, service, apiServices, client })
      : { pair: serving };
  const { clientCaHints, health = [], ...rest } = options;
  const server = createExtensionServer({
    ...rest,
    authenticator: createDelegatingAuthenticator({ trust, tokens, clock: now }),
    authorizer: delegatedAuthorizer({ accessReview: { reviewer: kubeApiserver.access, clock } }),
    tls: { ...options.tls, ...identity.pair },
    onCertificateRefused: () => {
      identity.suspect?.();
      options.onCertificateRefused?.();
    },
    ...(clientCaHints === true && { clientCaHints: trust }),
    health: [
      ...(identity.health === undefined ? [] : [identity.health]),
      { name: "trust", endpoints: ["readyz"], check: () => trust.problem },
      ...health,
    ],
    clock,
  });
  let cancel = (): void => undefined;
  const recheckHourly = (): void => {
    cancel = clock.after(hourMs, () => {
      trust.recheck();
      recheckHourly();
    });
  };
  const close: ExtensionServer["close"] = async (how) => {
    identity.close?.();
    await server.close(how);
    cancel();
    trust.close();
  };
  return {
    get connections() {
      return server.connections;
    },
    async listen(port, host) {
      const bound = await server.listen(port, host);
      identity.start?.((issued) => server.replaceCertificate(issued));
      recheckHourly();
      return bound;
    },
    replaceCertificate: (pair) => server.replaceCertificate(pair),
    close,
    [Symbol.asyncDispose]: () => close({ drainMs: 0 }),
  };
}
