/** Certificates that a server issues for itself, for the name under which kube-aggregator dials it. */
import { randomBytes } from "node:crypto";
import { issueAuthority, issueServer, parseBundle, type KeyPair } from "@kubemetrics/x509";
import { ownAuthorityPrefix } from "./api-service-bundle.ts";
import type { ServingPair } from "./server-options.ts";

/** The Service behind which a server stands. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * An authority for this process alone. Its key is never written anywhere and signs nothing but this process's own
 * serving certificates.
 */
export function issueServiceAuthority(nowMs: number, lifetimeMs: number): KeyPair {
  // Replicas that start in the same second need different names, or OpenSSL clients may take one for the other.
  const suffix = `${Math.floor(nowMs / 1000)}-${randomBytes(3).toString("hex")}`;
  return issueAuthority({
    commonName: `${ownAuthorityPrefix}${suffix}`,
    clock: () => nowMs,
    notAfterMs: nowMs + lifetimeMs,
    pathLength: 0,
  });
}

/** Good for `<service>.<namespace>.svc`, which is what kube-aggregator asks for, and for localhost. */
export function issueServiceCertificate(
  authority: KeyPair,
  { namespace, name }: ServiceName,
  nowMs: number,
  lifetimeMs: number,
): ServingPair {
  return issueServer(authority, {
    commonName: name,
    dnsNames: [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`, "localhost"],
    ipAddresses: ["127.0.0.1"],
    clock: () => nowMs,
    notAfterMs: Math.min(nowMs + lifetimeMs, endOf(authority)),
  });
}

/** When the first certificate ends, in epoch milliseconds. */
export function endOf({ certificatePem }: ServingPair): number {
  return parseBundle(certificatePem).certificates[0]?.notAfterMs ?? 0;
}

/** When it begins, likewise. */
export function beginOf({ certificatePem }: ServingPair): number {
  return parseBundle(certificatePem).certificates[0]?.notBeforeMs ?? 0;
}
