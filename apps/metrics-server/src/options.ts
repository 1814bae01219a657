/** What the flags say, in units. Texts that are empty mean "not given", as upstream. */
export interface MetricsServerOptions {
  /** Path of a kubeconfig; empty: in-cluster configuration. */
  readonly kubeconfig: string;
  /** Length of a scrape period; 1 s at least. */
  readonly metricResolutionMs: number;
  /** Label selector: only matching nodes are scraped and listed. */
  readonly nodeSelector: string;
  readonly kubelet: KubeletOptions;
  readonly serving: ServingOptions;
  readonly authentication: AuthenticationOptions;
  readonly authorization: AuthorizationOptions;
  readonly audit: AuditOptions;
  readonly limits: LimitOptions;
  readonly logging: LoggingOptions;
  /** How long `/readyz` fails before connections are refused. */
  readonly shutdownDelayMs: number;
}

export interface KubeletOptions {
  /** Accepts any kubelet certificate: whoever answers on that address can invent usage. */
  readonly insecureTls: boolean;
  /** Plain HTTP without credentials. */
  readonly completelyInsecure: boolean;
  readonly useNodeStatusPort: boolean;
  readonly port: number;
  readonly preferredAddressTypes: readonly string[];
  readonly certificateAuthority: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  readonly requestTimeoutMs: number;
}

export interface ServingOptions {
  readonly bindAddress: string;
  /** 0: the system chooses. */
  readonly securePort: number;
  readonly certDir: string;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  /** The server's own Service, when it is to put its authority into the `caBundle` of its APIServices. */
  readonly registeredService: { readonly namespace: string; readonly name: string } | undefined;
  /** Whether handshakes name the CAs that are believed. Needs Node.js 26: older ones may lose intermediates of client certificates. */
  readonly sendsClientAuthorityNames: boolean;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** OpenSSL names, joined by colons; empty: Node's default. */
  readonly ciphers: string;
}

export interface AuthenticationOptions {
  readonly kubeconfig: string;
  /** Do not read ConfigMap `extension-apiserver-authentication`. */
  readonly skipLookup: boolean;
  readonly tolerateLookupFailure: boolean;
  readonly tokenCacheTtlMs: number;
  readonly clientCaFile: string;
  readonly requestHeaderClientCaFile: string;
  readonly requestHeaderAllowedNames: readonly string[];
  readonly requestHeaderUsernameHeaders: readonly string[];
  readonly requestHeaderUidHeaders: readonly string[];
  readonly requestHeaderGroupHeaders: readonly string[];
  readonly requestHeaderExtraPrefixes: readonly string[];
}

export interface AuthorizationOptions {
  readonly kubeconfig: string;
  readonly alwaysAllowPaths: readonly string[];
  readonly allowedTtlMs: number;
  readonly deniedTtlMs: number;
}

export interface AuditOptions {
  /** `audit.k8s.io/v1` Policy as YAML or JSON; empty: no audit. */
  readonly policyFile: string;
  /** `-` for standard output. */
  readonly logPath: string;
  readonly maxAgeDays: number;
  readonly maxBackups: number;
  readonly maxSizeMegabytes: number;
}

export interface LimitOptions {
  readonly maxRequestsInFlight: number;
  readonly maxMutatingRequestsInFlight: number;
  readonly requestTimeoutMs: number;
}

export interface LoggingOptions {
  readonly format: "text" | "json";
  readonly verbosity: number;
}

/** Upstream's defaults. */
export const defaultOptions: MetricsServerOptions = {
  kubeconfig: "",
  metricResolutionMs: 60_000,
  nodeSelector: "",
  kubelet: {
    insecureTls: false,
    completelyInsecure: false,
    useNodeStatusPort: false,
    port: 10_250,
    preferredAddressTypes: ["Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"],
    certificateAuthority: "",
    clientCertificate: "",
    clientKey: "",
    requestTimeoutMs: 10_000,
  },
  serving: {
    bindAddress: "0.0.0.0",
    securePort: 443,
    certDir: "apiserver.local.config/certificates",
    tlsCertFile: "",
    tlsPrivateKeyFile: "",
    registeredService: undefined,
    sendsClientAuthorityNames: false,
    minVersion: "TLSv1.2",
    ciphers: "",
  },
  authentication: {
    kubeconfig: "",
    skipLookup: false,
    tolerateLookupFailure: false,
    tokenCacheTtlMs: 10_000,
    clientCaFile: "",
    requestHeaderClientCaFile: "",
    requestHeaderAllowedNames: [],
    requestHeaderUsernameHeaders: ["x-remote-user"],
    requestHeaderUidHeaders: [],
    requestHeaderGroupHeaders: ["x-remote-group"],
    requestHeaderExtraPrefixes: ["x-remote-extra-"],
  },
  authorization: {
    kubeconfig: "",
    alwaysAllowPaths: ["/healthz", "/readyz", "/livez"],
    allowedTtlMs: 10_000,
    deniedTtlMs: 10_000,
  },
  audit: { policyFile: "", logPath: "", maxAgeDays: 366, maxBackups: 100, maxSizeMegabytes: 100 },
  limits: { maxRequestsInFlight: 400, maxMutatingRequestsInFlight: 200, requestTimeoutMs: 60_000 },
  logging: { format: "text", verbosity: 0 },
  shutdownDelayMs: 0,
};
