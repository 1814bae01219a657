/** What a server is made of, and what it can be told. */
import type { Authenticator, TrustSource } from "@kubemetrics/authentication";
import type { Authorizer } from "@kubemetrics/authorization";
import type { AuditOptions } from "./audit-filter.ts";
import type { DiscoveryVersion } from "./aggregated-discovery.ts";
import type { Clock } from "./clock.ts";
import type { HealthCheck } from "./health.ts";
import type { RequestObserver } from "./observer-filter.ts";
import type { OpenApiInfo } from "./openapi-document.ts";
import type { ApiGroup } from "./resource.ts";

/** Certificate chain and private key, PEM. Fits `KeyPair` of `@kubemetrics/x509`. */
export interface ServingPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface TlsOptions extends ServingPair {
  /** Default `TLSv1.2`. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** OpenSSL cipher list for TLS 1.2; Node's default when absent. */
  readonly ciphers?: string;
}

/** Limits; the defaults are kube-apiserver's. */
export interface Limits {
  /** Reads at once, beyond which clients get 429; `system:masters` is exempt. Default 400; 0 means no limit. */
  readonly maxRequestsInFlight: number;
  /** Writes at once. Default 200; 0 means no limit. */
  readonly maxMutatingRequestsInFlight: number;
  /** Longest time for one request; `?timeout=` lowers it. Default 60 s. */
  readonly requestTimeoutMs: number;
  /** Largest request body, else 413. Default 3 MiB. */
  readonly maxBodyBytes: number;
  /** Longest time for a TLS handshake, and for the header lines of a request, give or take half. Default 32 s. */
  readonly headersTimeoutMs: number;
  /**
   * A client that takes less than about 1 MiB of what is left of its answer in this time, give or take half, is cut off, also one that
   * reads steadily. Default 60 s: readers below 17 kB/s do not get long answers, those from 64 kB/s on do.
   */
  readonly stalledReaderMs: number;
}

/** Body and media type of `/metrics`. */
export interface MetricsPage {
  readonly contentType: string;
  readonly body: Uint8Array | string;
}

/** `/version`: all nine classic fields, as clients expect them. */
export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

/** Where the server says what happened. pino's loggers fit. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ExtensionServerOptions {
  readonly groups: readonly ApiGroup[];
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly tls: TlsOptions;
  /**
   * Names the CAs of users and of the front proxy in handshakes, as they are when a connection begins: browsers and some
   * clients choose their certificate by that. kube-aggregator needs no hints. Only with Node 26 and later; before, the
   * intermediate certificates of clients would be lost. Default: no CA is named.
   */
  readonly clientCaHints?: TrustSource;
  /**
   * Called when a client ends the handshake because it does not trust the certificate: kube-aggregator does so when the APIService
   * was made anew, without its `caBundle`. Must not throw. See `ApiServiceRegistration.suspect`.
   */
  readonly onCertificateRefused?: () => void;
  /** Checks beside the built-in `ping`, `log` and `shutdown`, in the order of the verbose answer. */
  readonly health?: readonly HealthCheck[];
  /** Renders `/metrics`, behind authorization. `accept` is the request's Accept header. */
  readonly metrics?: (accept: string) => MetricsPage | Promise<MetricsPage>;
  /** `/version`; absent: 404. */
  readonly version?: VersionInfo;
  /** Name and version in the OpenAPI documents. */
  readonly openApi?: OpenApiInfo;
  /** Versions of aggregated discovery; v2beta1 is for kube-apiserver 1.26 to 1.29. Default both. */
  readonly discoveryVersions?: readonly DiscoveryVersion[];
  /** `host:port` that `/apis` names. Default `:<port>`. */
  readonly serverAddress?: string;
  readonly limits?: Partial<Limits>;
  /** Records requests by a policy. Absent: nothing is recorded. */
  readonly audit?: AuditOptions;
  /** Called for every answer; must not throw. */
  readonly observer?: RequestObserver;
  readonly log: Log;
  readonly clock?: Clock;
  /** A number in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** Default: random UUIDs. */
  readonly newAuditId?: () => string;
}

export interface CloseOptions {
  /** Keep serving for this long while `/readyz` already fails. Default 0. */
  readonly delayMs?: number;
  /** Then wait at most this long for running requests before connections are cut. Default: the request timeout. */
  readonly drainMs?: number;
}

export interface ExtensionServer {
  /** Open connections, handshakes included. */
  readonly connections: number;
  /** Starts serving; port 0 lets the system choose. */
  listen(port: number, host?: string): Promise<{ readonly port: number; readonly host: string }>;
  /** New handshakes use this pair from now on. An unusable pair throws `ServingPairInvalid` and the old one stays. */
  replaceCertificate(pair: ServingPair): void;
  /** `/readyz` fails at once; then, after the delay, no new connections, running requests end, the rest is cut. */
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
