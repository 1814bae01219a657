import { openSslCipherList } from "./cipher-suites.ts";
import { durationText } from "./flag-kinds.ts";
import { metricsServerFlags, type MetricsServerFlagValues } from "./flags.ts";
import type { MetricsServerOptions } from "./options.ts";
import { FlagsInvalid, parseFlags } from "./parse-flags.ts";

export interface CommandLine {
  /** What to do: anything but `serve` is to be printed. */
  readonly action: "serve" | "help" | "version";
  readonly options: MetricsServerOptions;
  /** To be logged at the start. */
  readonly warnings: readonly string[];
}

/**
 * From a command line to options.
 *
 * @param nodeVersion of the Node.js that the options are for
 * @throws FlagsInvalid naming everything that is wrong: unknown flags, bad values, combinations that exclude each other
 */
export function readCommandLine(args: readonly string[], nodeVersion: string = process.versions.node): CommandLine {
  const { values, given, warnings, problems } = parseFlags(metricsServerFlags, args);
  if (values.help) return { action: "help", options: optionsOf(values, given), warnings };
  if (values.version && problems.length === 0)
    return { action: "version", options: optionsOf(values, given), warnings };
  const all = [
    ...problems,
    ...excludingProblems(values),
    ...timeoutProblems(values, given),
    ...nodeProblems(values, nodeVersion),
  ];
  if (all.length > 0) throw new FlagsInvalid(all);
  return {
    action: "serve",
    options: optionsOf(values, given),
    warnings: [...warnings, ...requestHeaderWarnings(values, given)],
  };
}

/** As upstream, the CA file decides whether any of them is looked at. */
function requestHeaderWarnings(values: MetricsServerFlagValues, given: ReadonlySet<string>): string[] {
  if (values["requestheader-client-ca-file"] !== "") return [];
  return [...given]
    .filter((name) => name.startsWith("requestheader-") && name !== "requestheader-client-ca-file")
    .map(
      (name) =>
        `--${name} has no effect: without --requestheader-client-ca-file the cluster's authentication ConfigMap decides; ` +
        "give the CA file as well, or leave the flag out",
    );
}

function excludingProblems(values: MetricsServerFlagValues): string[] {
  const problems: string[] = [];
  const isSet = (name: keyof MetricsServerFlagValues): boolean => values[name] !== "" && values[name] !== false;
  const exclude = (a: keyof MetricsServerFlagValues, b: keyof MetricsServerFlagValues): void => {
    if (isSet(a) && isSet(b)) problems.push(`--${a} and --${b} exclude each other; give one of them`);
  };
  const together = (a: keyof MetricsServerFlagValues, b: keyof MetricsServerFlagValues): void => {
    if (isSet(a) !== isSet(b)) problems.push(`--${isSet(a) ? a : b} needs --${isSet(a) ? b : a} as well`);
  };
  exclude("kubelet-certificate-authority", "kubelet-insecure-tls");
  exclude("kubelet-certificate-authority", "deprecated-kubelet-completely-insecure");
  exclude("kubelet-client-certificate", "deprecated-kubelet-completely-insecure");
  exclude("kubelet-client-key", "deprecated-kubelet-completely-insecure");
  exclude("kubelet-insecure-tls", "deprecated-kubelet-completely-insecure");
  // With files, somebody else decides who is trusted.
  if (values["register-apiservices"] !== undefined && values["tls-cert-file"] !== "")
    problems.push("--register-apiservices and --tls-cert-file exclude each other; give one of them");
  together("kubelet-client-certificate", "kubelet-client-key");
  together("tls-cert-file", "tls-private-key-file");
  return problems;
}

function timeoutProblems(values: MetricsServerFlagValues, given: ReadonlySet<string>): string[] {
  const { "metric-resolution": resolutionMs, "kubelet-request-timeout": timeoutMs } = values;
  if (!given.has("kubelet-request-timeout") || timeoutMs <= resolutionMs * 0.9) return [];
  const most = durationText(resolutionMs * 0.9);
  return [
    `--kubelet-request-timeout=${durationText(timeoutMs)} must be at most 0.9 × --metric-resolution, which is ${most}`,
  ];
}

function nodeProblems(values: MetricsServerFlagValues, nodeVersion: string): string[] {
  if (!values["send-client-ca-names"] || Number.parseInt(nodeVersion, 10) >= 26) return [];
  return [
    `--send-client-ca-names needs Node.js 26, and this is ${nodeVersion}: older ones may lose the intermediate certificates of ` +
      "clients when CAs are named, and refuse these clients; leave the flag out, or run the server with a newer Node.js",
  ];
}

/** Suites without one for TLS 1.2 leave no TLS 1.2: an empty list would be OpenSSL's default. */
function protocolOf(values: MetricsServerFlagValues): Pick<MetricsServerOptions["serving"], "minVersion" | "ciphers"> {
  const suites = values["tls-cipher-suites"];
  const ciphers = openSslCipherList(suites);
  const isOnly13 = values["tls-min-version"] === "VersionTLS13" || (suites.length > 0 && ciphers === "");
  return { minVersion: isOnly13 ? "TLSv1.3" : "TLSv1.2", ciphers };
}

function optionsOf(values: MetricsServerFlagValues, given: ReadonlySet<string>): MetricsServerOptions {
  const resolutionMs = values["metric-resolution"];
  return {
    kubeconfig: values.kubeconfig,
    metricResolutionMs: resolutionMs,
    nodeSelector: values["node-selector"],
    kubelet: {
      insecureTls: values["kubelet-insecure-tls"],
      completelyInsecure: values["deprecated-kubelet-completely-insecure"],
      useNodeStatusPort: values["kubelet-use-node-status-port"],
      port: values["kubelet-port"],
      preferredAddressTypes: values["kubelet-preferred-address-types"],
      certificateAuthority: values["kubelet-certificate-authority"],
      clientCertificate: values["kubelet-client-certificate"],
      clientKey: values["kubelet-client-key"],
      requestTimeoutMs: given.has("kubelet-request-timeout")
        ? values["kubelet-request-timeout"]
        : Math.min(0.9 * resolutionMs, 10_000),
    },
    serving: {
      bindAddress: values["bind-address"],
      securePort: values["secure-port"],
      certDir: values["cert-dir"],
      tlsCertFile: values["tls-cert-file"],
      tlsPrivateKeyFile: values["tls-private-key-file"],
      registeredService: values["register-apiservices"],
      sendsClientAuthorityNames: values["send-client-ca-names"],
      ...protocolOf(values),
    },
    authentication: {
      kubeconfig: values["authentication-kubeconfig"],
      skipLookup: values["authentication-skip-lookup"],
      tolerateLookupFailure: values["authentication-tolerate-lookup-failure"],
      tokenCacheTtlMs: values["authentication-token-webhook-cache-ttl"],
      clientCaFile: values["client-ca-file"],
      requestHeaderClientCaFile: values["requestheader-client-ca-file"],
      requestHeaderAllowedNames: values["requestheader-allowed-names"],
      requestHeaderUsernameHeaders: values["requestheader-username-headers"],
      requestHeaderUidHeaders: values["requestheader-uid-headers"],
      requestHeaderGroupHeaders: values["requestheader-group-headers"],
      requestHeaderExtraPrefixes: values["requestheader-extra-headers-prefix"],
    },
    authorization: {
      kubeconfig: values["authorization-kubeconfig"],
      alwaysAllowPaths: values["authorization-always-allow-paths"],
      allowedTtlMs: values["authorization-webhook-cache-authorized-ttl"],
      deniedTtlMs: values["authorization-webhook-cache-unauthorized-ttl"],
    },
    audit: {
      policyFile: values["audit-policy-file"],
      logPath: values["audit-log-path"],
      maxAgeDays: values["audit-log-maxage"],
      maxBackups: values["audit-log-maxbackup"],
      maxSizeMegabytes: values["audit-log-maxsize"],
    },
    limits: {
      maxRequestsInFlight: values["max-requests-inflight"],
      maxMutatingRequestsInFlight: values["max-mutating-requests-inflight"],
      requestTimeoutMs: values["request-timeout"],
    },
    logging: { format: values["logging-format"], verbosity: values.v },
    shutdownDelayMs: values["shutdown-delay-duration"],
  };
}
