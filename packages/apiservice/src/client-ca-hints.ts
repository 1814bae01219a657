/** The CAs that a handshake names as issuers of acceptable client certificates. */
import { X509Certificate } from "node:crypto";
import type { Trust, TrustSource } from "@kubemetrics/authentication";

/** Before, Node loses the intermediate certificates of a client that sends them under a CA that was named. */
export const sendsHints: boolean = Number(process.versions.node.split(".", 1)[0]) >= 26;

/** Follows what is trusted: users' CAs and the front proxy's, each name once. */
export class ClientCaHints {
  readonly #source: TrustSource;
  #known: Trust | undefined;

  constructor(source: TrustSource) {
    this.#source = source;
  }

  /**
   * PEM; `undefined` when nothing changed since the last call.
   *
   * @throws when a CA cannot be written as PEM; the next call has no change then
   */
  next(): readonly string[] | undefined {
    const trust = this.#source.current();
    if (trust === this.#known) return undefined;
    this.#known = trust;
    const bundles = [trust.clientAuthorities, trust.requestHeader?.authorities];
    const bySubject = new Map<string, string>();
    for (const { subject, der } of bundles.flatMap((bundle) => bundle?.certificates ?? [])) {
      const name = Buffer.from(subject.der).toString("latin1");
      if (!bySubject.has(name)) bySubject.set(name, new X509Certificate(der).toString());
    }
    return [...bySubject.values()];
  }
}
