/** The certificates a client presented, as DER. Never whether OpenSSL liked them. */
import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

const none: readonly Uint8Array[] = [];
/** Longer chains are cut; none verifies. */
const longestChain = 32;

/**
 * Reads a connection's chain once. The same array comes back for every request of the connection: verdicts are cached
 * by its identity.
 */
export class PeerChains {
  readonly #known = new WeakMap<Socket, readonly Uint8Array[]>();

  of(socket: Socket): readonly Uint8Array[] {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const chain = socket instanceof TLSSocket ? presented(socket) : none;
    this.#known.set(socket, chain);
    return chain;
  }
}

function presented(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < longestChain) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return chain.length === 0 ? none : chain;
}
