/** Every flag of upstream's metrics-server v0.9.0, with its defaults, and what became of it here; and two of our own. */
import { auditFlags } from "./audit-flags.ts";
import { cipherSuites } from "./cipher-suites.ts";
import type { FlagValues } from "./flag.ts";
import {
  address,
  choice,
  duration,
  integer,
  labelSelector,
  list,
  refused,
  serviceName,
  text,
  toggle,
  withoutEffect,
} from "./flag-kinds.ts";
import {
  featureFlags,
  genericFlagsWithoutEffect,
  klogFlags,
  loggingFlagsWithoutEffect,
} from "./flags-without-effect.ts";

const serverFlags = {
  kubeconfig: text("", "Kubeconfig for kube-apiserver and the kubelets. Default: the pod's own service account."),
  "metric-resolution": duration(60_000, "How often each node is asked for its usage. At least 1s.", { minMs: 1_000 }),
  version: toggle(false, "Print the version and exit."),
  help: { ...toggle(false, "Print this and exit."), short: "h" },
};

const genericFlags = {
  "max-requests-inflight": integer(400, "Reads at once, beyond which clients are told to come back. 0: no limit.", {
    min: 0,
  }),
  "max-mutating-requests-inflight": integer(200, "The same for writes.", { min: 0 }),
  "request-timeout": duration(60_000, "Longest time for one request; clients may ask for less.", { minMs: 1 }),
  "shutdown-delay-duration": duration(0, "How long to serve on, not ready, after the signal to end.", { minMs: 0 }),
  ...genericFlagsWithoutEffect,
};

const kubeletFlags = {
  "deprecated-kubelet-completely-insecure": toggle(false, "Talk to kubelets over plain HTTP, without credentials."),
  "kubelet-certificate-authority": text(
    "",
    "CA file for the kubelets' certificates. Default: the CA of kube-apiserver.",
  ),
  "kubelet-client-certificate": text("", "Client certificate file for kubelets."),
  "kubelet-client-key": text("", "Client key file for kubelets."),
  "kubelet-insecure-tls": toggle(
    false,
    "Accept any certificate of a kubelet: whoever answers can invent usage and gets our token. For tests.",
  ),
  "kubelet-port": integer(10_250, "Port of the kubelets.", { min: 1, max: 65_535 }),
  "kubelet-preferred-address-types": list(
    ["Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"],
    "Which of a node's addresses to use: the first type that it has.",
  ),
  "kubelet-request-timeout": duration(
    10_000,
    "For one request to a kubelet. Default: 0.9 × --metric-resolution, 10s at most.",
    { minMs: 1 },
  ),
  "kubelet-use-node-status-port": toggle(false, "Use the port in the node's status where there is one."),
  "node-selector": { ...labelSelector("Label selector: only matching nodes are asked and listed."), short: "l" },
};

const servingFlags = {
  "bind-address": address("0.0.0.0", "Address to listen on."),
  "secure-port": integer(443, "Port to listen on. 0: a free one, named in the log.", { min: 0, max: 65_535 }),
  "cert-dir": text(
    "apiserver.local.config/certificates",
    "Folder of apiserver.crt and apiserver.key, made when they are missing and no files are given.",
  ),
  "tls-cert-file": text("", "Certificate file, with intermediates after it. Read again when it changes."),
  "tls-private-key-file": text("", "Key file of --tls-cert-file."),
  "register-apiservices": serviceName(
    "The server's Service as <namespace>/<name>: serve with a certificate for it, issued and renewed here, and put its CA into the " +
      "caBundle of APIServices v1.metrics.k8s.io and v1beta1.metrics.k8s.io. Needs get and patch on these two.",
  ),
  "send-client-ca-names": toggle(
    false,
    "Name the CAs of users and of the front proxy in TLS handshakes, so that a client with several certificates knows which one to " +
      "show. Needs Node.js 26.",
  ),
  "tls-cipher-suites": cipherSuites("TLS 1.2 cipher suites by their IANA names. Default: those of OpenSSL."),
  "tls-min-version": withoutEffect(
    choice(
      "",
      ["", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"],
      "Least TLS version. Default: VersionTLS12.",
    ),
    "TLS 1.2 is the least that is offered",
    (version) => version !== "VersionTLS10" && version !== "VersionTLS11",
  ),
  "tls-curve-preferences": refused(
    list([], "Key exchange groups (Go's numbers)."),
    "key exchange groups cannot be restricted yet; leave the flag out",
    (groups) => groups.length === 0,
  ),
  "tls-sni-cert-key": withoutEffect(
    { ...text("", "Further certificates by server name."), type: "namedCertKey" },
    "one certificate is served for all names; put every name into the certificate of --tls-cert-file",
  ),
  "disable-http2-serving": withoutEffect(
    toggle(false, "Serve HTTP/1.1 only (always so)."),
    "HTTP/2 is not served",
    (isOff) => isOff,
  ),
  "http2-max-streams-per-connection": withoutEffect(
    integer(0, "Streams of an HTTP/2 connection."),
    "HTTP/2 is not served",
  ),
  "permit-address-sharing": withoutEffect(
    toggle(false, "SO_REUSEADDR (always so)."),
    "SO_REUSEADDR is always set",
    (isOn) => isOn,
  ),
  "permit-port-sharing": withoutEffect(toggle(false, "SO_REUSEPORT."), "the port is never shared", (isOn) => !isOn),
};

const authenticationFlags = {
  "authentication-kubeconfig": text(
    "",
    "Kubeconfig for TokenReviews and the authentication ConfigMap. Default: as --kubeconfig.",
  ),
  "authentication-skip-lookup": toggle(false, "Do not read the authentication ConfigMap of the cluster."),
  "authentication-token-webhook-cache-ttl": duration(10_000, "How long TokenReview answers are reused.", { minMs: 0 }),
  "authentication-tolerate-lookup-failure": toggle(
    false,
    "Be ready although the authentication ConfigMap cannot be read.",
  ),
  "client-ca-file": text("", "CA file of users' client certificates. Default: from the ConfigMap."),
  "requestheader-allowed-names": list(
    [],
    "Common names of certificates that may set identity headers; empty: any of that CA.",
  ),
  "requestheader-client-ca-file": text(
    "",
    "CA file of the front proxy. Given, it brings all requestheader flags with it. Default: from the ConfigMap.",
  ),
  "requestheader-extra-headers-prefix": list(
    ["x-remote-extra-"],
    "Prefixes of headers with further facts about the user.",
  ),
  "requestheader-group-headers": list(["x-remote-group"], "Headers with the user's groups."),
  "requestheader-uid-headers": list([], "Headers with the user's UID."),
  "requestheader-username-headers": list(["x-remote-user"], "Headers with the user's name."),
};

const authorizationFlags = {
  "authorization-always-allow-paths": list(
    ["/healthz", "/readyz", "/livez"],
    "Paths that need no permission. Given, they replace the default.",
  ),
  "authorization-kubeconfig": text("", "Kubeconfig for SubjectAccessReviews. Default: as --kubeconfig."),
  "authorization-webhook-cache-authorized-ttl": duration(10_000, "How long a permission is reused.", { minMs: 0 }),
  "authorization-webhook-cache-unauthorized-ttl": duration(10_000, "How long a refusal is reused.", { minMs: 0 }),
};

const loggingFlags = {
  "logging-format": choice("text", ["text", "json"], "Form of log lines on standard error."),
  v: { ...integer(0, "Level of detail; 4 and more: also what goes right.", { min: 0 }), short: "v", type: "Level" },
  ...loggingFlagsWithoutEffect,
};

/** In the order of help. */
export const flagSections = [
  { title: "Metrics server flags", flags: serverFlags },
  { title: "Generic flags", flags: genericFlags },
  { title: "Kubelet client flags", flags: kubeletFlags },
  { title: "Apiserver secure serving flags", flags: servingFlags },
  { title: "Apiserver authentication flags", flags: authenticationFlags },
  { title: "Apiserver authorization flags", flags: authorizationFlags },
  { title: "Apiserver audit log flags", flags: auditFlags },
  { title: "Features flags", flags: featureFlags },
  { title: "Logging flags", flags: loggingFlags },
] as const;

export const metricsServerFlags = {
  ...serverFlags,
  ...genericFlags,
  ...kubeletFlags,
  ...servingFlags,
  ...authenticationFlags,
  ...authorizationFlags,
  ...auditFlags,
  ...featureFlags,
  ...loggingFlags,
  ...klogFlags,
};

export type MetricsServerFlagValues = FlagValues<typeof metricsServerFlags>;
