/** Says what went wrong with a request, by class, and what to do about it. */
import { handshakeFault } from "@kubemetrics/x509";
import { KubeletError, type KubeletErrorCode } from "../kubelet-error.ts";
import type { KubeletEndpoint } from "../kubelet-endpoint.ts";
import { nameMismatch } from "./certificate-names.ts";
import { ExchangeFailure } from "./exchange-failure.ts";

type Advice = readonly [code: KubeletErrorCode, advice: string];

const unknownAuthority: Advice = [
  "TLS_UNKNOWN_CA",
  "give the authority that signed the kubelet's serving certificate with --kubelet-certificate-authority, or let kubelets " +
    "get certificates of the cluster's authority (serverTLSBootstrap: true, then approve their CSRs)",
];
const noWay: Advice = [
  "UNREACHABLE",
  "check routes and network policies between this pod and the node, and --kubelet-preferred-address-types",
];
const noName: Advice = [
  "NAME_NOT_FOUND",
  "the node's host name is not in the cluster's DNS; put InternalIP first in --kubelet-preferred-address-types",
];
const lost: Advice = [
  "CONNECTION_LOST",
  "the kubelet or something before it closed the connection; see the kubelet's log",
];
const expired: Advice = [
  "TLS_EXPIRED",
  "renew the kubelet's serving certificate, and compare the clocks of both nodes",
];

const byCode: ReadonlyMap<string, Advice> = new Map<string, Advice>([
  ["ECONNREFUSED", ["REFUSED", "nobody listens there: is the kubelet running, and on that port (--kubelet-port)?"]],
  ["ETIMEDOUT", ["TIMEOUT", "the address does not answer; check the node and the network policies before it"]],
  ["EHOSTUNREACH", noWay],
  ["ENETUNREACH", noWay],
  ["EHOSTDOWN", noWay],
  ["ENETDOWN", noWay],
  ["EADDRNOTAVAIL", noWay],
  ["EINVAL", noWay],
  [
    "ERR_UNESCAPED_CHARACTERS",
    ["NOT_FOUND", "the node's annotation metrics.k8s.io/resource-metrics-path is no path; correct or remove it"],
  ],
  ["ERR_INVALID_CHAR", ["UNAUTHORIZED", "our bearer token has characters that no header may carry; check its file"]],
  ["ENOTFOUND", noName],
  ["EAI_AGAIN", noName],
  ["ECONNRESET", lost],
  ["EPIPE", lost],
  ["ECONNABORTED", lost],
  [
    nameMismatch,
    [
      "TLS_NAME_MISMATCH",
      "give the kubelet a serving certificate with the node's name or the address as subject alternative name " +
        "(serverTLSBootstrap: true, then approve its CSR)",
    ],
  ],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", unknownAuthority],
  ["UNABLE_TO_GET_ISSUER_CERT", unknownAuthority],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", unknownAuthority],
  ["SELF_SIGNED_CERT_IN_CHAIN", unknownAuthority],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", unknownAuthority],
  ["CERT_UNTRUSTED", unknownAuthority],
  ["CERT_SIGNATURE_FAILURE", unknownAuthority],
  ["INVALID_CA", unknownAuthority],
  ["CERT_HAS_EXPIRED", expired],
  ["CERT_NOT_YET_VALID", expired],
]);

/** Where a request went: the beginning of every message about it. */
export interface RequestPlace {
  readonly endpoint: KubeletEndpoint;
  readonly url: string;
}

/** Makes a typed error of whatever ended an exchange. */
export function requestFailure({ endpoint, url }: RequestPlace, cause: unknown): KubeletError {
  if (cause instanceof KubeletError) return cause;
  if (cause instanceof ExchangeFailure && cause.kind !== "stale") return exchangeFailure({ endpoint, url }, cause);
  return systemFailure({ endpoint, url }, cause instanceof ExchangeFailure ? cause.cause : cause);
}

export function closedFailure({ node }: KubeletEndpoint): KubeletError {
  return new KubeletError("CLOSED", `node ${JSON.stringify(node)}: the connection was closed by us`, { node });
}

/** Our own files do not work. */
export function unusableTrust({ node }: KubeletEndpoint, cause: unknown): KubeletError {
  const message =
    `node ${JSON.stringify(node)}: no connection is possible, our certificates do not work: ${(cause as Error).message}; ` +
    "check --kubelet-certificate-authority, --kubelet-client-certificate and --kubelet-client-key";
  return new KubeletError("TLS_FAILED", message, { node, cause });
}

export function noCredentials({ node }: KubeletEndpoint, cause: unknown): KubeletError {
  const message = `node ${JSON.stringify(node)}: not asked, our credentials cannot be read: ${(cause as Error).message}`;
  return new KubeletError("UNAUTHORIZED", message, { node, cause });
}

export function tooBig({ endpoint: { node }, url }: RequestPlace, maxBytes: number, cause?: unknown): KubeletError {
  const message = `node ${JSON.stringify(node)}: ${url}: the body is larger than ${maxBytes} bytes; is that a kubelet?`;
  return new KubeletError("TOO_BIG", message, { node, cause });
}

export function badEncoding({ endpoint: { node }, url }: RequestPlace, text: string, cause?: unknown): KubeletError {
  return new KubeletError("BAD_ENCODING", `node ${JSON.stringify(node)}: ${url}: ${text}`, { node, cause });
}

function exchangeFailure({ endpoint: { node }, url }: RequestPlace, cause: ExchangeFailure): KubeletError {
  const codes = {
    timeout: "TIMEOUT",
    "too-big": "TOO_BIG",
    truncated: "TRUNCATED",
    "not-http": "NOT_METRICS",
    stale: "CONNECTION_LOST",
  } as const;
  const advice = {
    timeout: "check the node's load and the network before it, or raise --kubelet-request-timeout",
    "too-big": "is that a kubelet?",
    truncated: "see the kubelet's log",
    "not-http": "what answers there does not speak HTTP as kubelets do; check --kubelet-port",
    stale: "see the kubelet's log",
  }[cause.kind];
  const message = `node ${JSON.stringify(node)}: ${url}: ${cause.message}; ${advice}`;
  return new KubeletError(codes[cause.kind], message, { node, cause });
}

/** What Node reports about a connection. */
function systemFailure({ endpoint, url }: RequestPlace, cause: unknown): KubeletError {
  const raw = cause as NodeJS.ErrnoException;
  const [code, advice] = adviceFor(raw);
  const message = `node ${JSON.stringify(endpoint.node)}: ${url}: ${textOf(raw)}; ${advice}`;
  return new KubeletError(code, message, { node: endpoint.node, cause });
}

/** An answer other than 200. `text` is the beginning of its body. */
export function statusFailure({ endpoint, url }: RequestPlace, status: number, text: string): KubeletError {
  const [code, advice] = adviceForStatus(status, url);
  const said = text.trim() === "" ? "" : `: ${text.trim()}`;
  const message = `node ${JSON.stringify(endpoint.node)}: ${url} answered ${status}${said}; ${advice}`;
  return new KubeletError(code, message, { node: endpoint.node, status });
}

function adviceFor(raw: NodeJS.ErrnoException): Advice {
  const code = raw.code ?? "";
  const known = byCode.get(code);
  if (known !== undefined) return known;
  if (code.startsWith("EAI_")) return noName;
  const text = raw.message;
  if (/wrong version number|packet length too long|http request/i.test(text)) {
    return ["TLS_FAILED", "what answers there does not speak TLS; check --kubelet-port (10255 is the old plain port)"];
  }
  if (
    /certificate.required|bad.certificate|handshake.failure|unknown.ca|certificate.unknown/i.test(`${code} ${text}`)
  ) {
    return [
      "TLS_FAILED",
      "the kubelet refused our client certificate; give one that its --client-ca-file signs " +
        "(--kubelet-client-certificate, --kubelet-client-key)",
    ];
  }
  const isTls = /^(EPROTO|ERR_SSL|ERR_TLS|ERR_OSSL)|CERT/.test(code);
  return isTls ? ["TLS_FAILED", "the TLS handshake with the kubelet failed; see the kubelet's log"] : lost;
}

function adviceForStatus(status: number, url: string): Advice {
  if (status === 401) {
    return [
      "UNAUTHORIZED",
      "the kubelet did not accept our credentials: its authentication.webhook.enabled must be true for tokens, " +
        "its --client-ca-file must have signed a client certificate, and neither may be expired",
    ];
  }
  if (status === 403) {
    const right = url.includes("/stats/") ? "nodes/stats" : "nodes/metrics";
    return ["FORBIDDEN", `grant us \`get\` on \`${right}\` (a ClusterRole, apiGroup "")`];
  }
  if (status === 404)
    return ["NOT_FOUND", "this kubelet has no such endpoint; check its version and the node's annotation"];
  if (status >= 300 && status < 400) return ["STATUS", "kubelets do not redirect; check that this is one"];
  return ["STATUS", "see the kubelet's log"];
}

function textOf(raw: NodeJS.ErrnoException): string {
  // Several addresses were tried: the first failure speaks for all.
  const first = raw instanceof AggregateError ? (raw.errors[0] as Error | undefined) : undefined;
  return first?.message ?? handshakeFault(raw.code ?? "") ?? raw.message;
}
