/** TLS material as a context that all connections share; made again only when the material changes. */
import { createSecureContext, type SecureContext } from "node:tls";
import type { KubeletTls } from "../kubelet-client.ts";

export interface Trust {
  readonly context: SecureContext;
  readonly insecure: boolean;
}

export class TrustSource {
  readonly #read: () => KubeletTls;
  #material: KubeletTls | undefined;
  #trust: Trust | undefined;

  constructor(read: () => KubeletTls) {
    this.#read = read;
  }

  /** The trust of now; the same object as before while the material is the same. Throws what OpenSSL finds wrong with it. */
  current(): Trust {
    const material = this.#read();
    const known = this.#material;
    if (this.#trust !== undefined && known !== undefined && isSame(known, material)) return this.#trust;
    const { certificateAuthority: ca, certificate: cert, key } = material;
    this.#trust = {
      context: createSecureContext({
        ...(ca === undefined || ca === "" ? {} : { ca }),
        ...(cert === undefined || cert === "" ? {} : { cert, key }),
      }),
      insecure: material.insecure === true,
    };
    this.#material = material;
    return this.#trust;
  }
}

function isSame(a: KubeletTls, b: KubeletTls): boolean {
  return (
    a === b ||
    (a.certificateAuthority === b.certificateAuthority &&
      a.certificate === b.certificate &&
      a.key === b.key &&
      a.insecure === b.insecure)
  );
}
