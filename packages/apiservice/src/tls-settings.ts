/** How the server speaks TLS: asks for a client certificate, judges nothing in the handshake. */
import { constants } from "node:crypto";
import type { ServerOptions } from "node:https";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { ServingPairInvalid } from "./apiservice-error.ts";
import type { ServingPair, TlsOptions } from "./server-options.ts";

/**
 * No session tickets, because a resumed session hides the client's intermediate certificates; no renegotiation, because
 * it could change the client's certificate under a running connection.
 */
const secureOptions = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION;

/** What may change while the server runs. */
export interface TlsMaterial {
  readonly pair: ServingPair;
  readonly clientCaHints: readonly string[];
}

/** Also for `setSecureContext`, which replaces everything that is not given. */
export function secureContextOptions(options: TlsOptions, { pair, clientCaHints }: TlsMaterial): SecureContextOptions {
  return {
    cert: pair.certificatePem,
    key: pair.keyPem,
    ca: [...clientCaHints],
    minVersion: options.minVersion ?? "TLSv1.2",
    secureOptions,
    ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
  };
}

/** Limits that a user with hundreds of groups does not meet, and idle times beyond those of kube-aggregator (90 s). */
export function httpsOptions(options: TlsOptions, material: TlsMaterial, headersTimeoutMs: number): ServerOptions {
  return {
    ...secureContextOptions(options, material),
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
    maxHeaderSize: 1024 * 1024,
    keepAliveTimeout: 120_000,
    handshakeTimeout: headersTimeoutMs,
    headersTimeout: headersTimeoutMs,
    requestTimeout: Math.max(120_000, headersTimeoutMs),
    // Node looks for connections beyond these times this often.
    connectionsCheckingInterval: Math.min(30_000, headersTimeoutMs),
    noDelay: true,
    // The framing filter does it.
    requireHostHeader: false,
  };
}

/** @throws ServingPairInvalid when a handshake with this material could not succeed */
export function requireUsable(options: TlsOptions, material: TlsMaterial): void {
  const { certificatePem, keyPem } = material.pair;
  if (certificatePem.trim() === "" || keyPem.trim() === "") {
    throw new ServingPairInvalid(
      "serving certificate or key is empty: give a PEM certificate chain and its private key",
    );
  }
  try {
    createSecureContext(secureContextOptions(options, material));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServingPairInvalid(`serving certificate, key and client CA hints cannot be used together: ${why}`, {
      cause,
    });
  }
}
