/** From what Node and undici throw to the error that says what to do. */
import { handshakeFault } from "@kubemetrics/x509";
import { KubeError, KubeUnreachable, type UnreachableCode } from "../kube-error.ts";

interface Reason {
  readonly code: UnreachableCode;
  readonly advice: string;
}

const network: Reason = {
  code: "REFUSED",
  advice: "is kube-apiserver running, and does a NetworkPolicy or firewall allow this connection?",
};
const interrupted: Reason = { code: "INTERRUPTED", advice: "it is tried again" };
const name: Reason = {
  code: "UNKNOWN_HOST",
  advice: "the host name does not resolve; check the server address and DNS",
};
const slow: Reason = { code: "TIMED_OUT", advice: "check the network path to kube-apiserver" };
const authority: Reason = {
  code: "UNTRUSTED_CERTIFICATE",
  advice:
    "the configured certificate authority did not issue kube-apiserver's certificate; check the CA file, or certificate-authority-data of the kubeconfig",
};
const identity: Reason = {
  code: "UNTRUSTED_CERTIFICATE",
  advice:
    "its certificate is not for this address; use an address that the certificate names, or set tls-server-name in the kubeconfig",
};
const expired: Reason = {
  code: "UNTRUSTED_CERTIFICATE",
  advice: "renew kube-apiserver's certificate, and check this machine's clock",
};

const reasons: ReadonlyMap<string, Reason> = new Map([
  ["ECONNREFUSED", network],
  ["EHOSTUNREACH", network],
  ["ENETUNREACH", network],
  ["EACCES", network],
  ["ENOTFOUND", name],
  ["EAI_AGAIN", name],
  ["ETIMEDOUT", slow],
  ["UND_ERR_CONNECT_TIMEOUT", slow],
  ["UND_ERR_HEADERS_TIMEOUT", slow],
  ["UND_ERR_BODY_TIMEOUT", slow],
  ["ECONNRESET", interrupted],
  ["EPIPE", interrupted],
  ["UND_ERR_SOCKET", interrupted],
  ["UND_ERR_ABORTED", interrupted],
  ["ERR_STREAM_PREMATURE_CLOSE", interrupted],
  ["ERR_HTTP2_SESSION_ERROR", interrupted],
  ["ERR_HTTP2_STREAM_ERROR", interrupted],
  ["ERR_HTTP2_GOAWAY_SESSION", interrupted],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", authority],
  ["UNABLE_TO_GET_ISSUER_CERT", authority],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", authority],
  ["SELF_SIGNED_CERT_IN_CHAIN", authority],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", authority],
  ["CERT_UNTRUSTED", authority],
  ["CERT_SIGNATURE_FAILURE", authority],
  ["INVALID_CA", authority],
  ["ERR_TLS_CERT_ALTNAME_INVALID", identity],
  ["CERT_HAS_EXPIRED", expired],
  ["CERT_NOT_YET_VALID", expired],
  ["UND_ERR_CLOSED", { code: "CLOSED", advice: "the connection was closed by this process" }],
  ["UND_ERR_DESTROYED", { code: "CLOSED", advice: "the connection was closed by this process" }],
]);

/** Errors of this package pass through; the rest is explained. */
export function unreachable(server: string, cause: unknown): KubeError {
  if (cause instanceof KubeError) return cause;
  const { code, text } = innermost(cause);
  const reason = reasons.get(code) ?? { code: "CONNECTION" as const, advice: "see the cause" };
  return new KubeUnreachable(reason.code, `no answer from kube-apiserver at ${server}: ${text}; ${reason.advice}`, {
    cause,
  });
}

/** The first error of the cause chain with a known code: undici wraps the one that says why. */
function innermost(error: unknown): { code: string; text: string } {
  let found = { code: "", text: error instanceof Error ? error.message : String(error) };
  for (
    let current: unknown = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  ) {
    const aggregate =
      current instanceof AggregateError ? (current.errors as unknown[]).find((one) => one instanceof Error) : undefined;
    const one = aggregate instanceof Error ? aggregate : current;
    const code = (one as { code?: unknown }).code;
    if (typeof code === "string" && reasons.has(code)) found = { code, text: textOf(one, code) };
  }
  return found;
}

function textOf({ message }: Error, code: string): string {
  return handshakeFault(code) ?? (message === "" ? code : message);
}
