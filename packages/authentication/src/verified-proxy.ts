/** Proof that the TLS peer is the front proxy. Identity headers cannot be read without one. */
import { commonName, verifyCertificate, verifyChain } from "@kubemetrics/x509";
import type { Bundle, Certificate, VerifiedChain } from "@kubemetrics/x509";
import { CertificateNotAccepted } from "./errors.ts";

/** Whom to take for the front proxy. */
export interface ProxyTrust {
  /** The requestheader client CA bundle, and nothing else. */
  readonly authorities: Bundle;
  /** Common names that the proxy's certificate may have. Empty = any certificate of these authorities is the proxy. */
  readonly allowedNames: readonly string[];
}

/** What `VerifiedProxy.verify` has and nobody else: without types, `new` alone must not make a proof either. */
const verifier = Symbol("verifier");

/**
 * A client certificate that was verified as the front proxy's.
 *
 * Only `VerifiedProxy.verify` makes one, and `readIdentityHeaders` demands one: headers before proof do not compile.
 * It says who the peer *was* at the time of the check; keep it for a minute at most, never past `notAfterMs`, and
 * never across a change of the trusted bundle.
 */
export class VerifiedProxy {
  readonly #verified: VerifiedChain;

  private constructor(verified: VerifiedChain, maker: symbol) {
    if (maker !== verifier) throw new TypeError("only VerifiedProxy.verify makes a VerifiedProxy");
    this.#verified = verified;
  }

  /** CN of the proxy's certificate. */
  get commonName(): string {
    return commonName(this.#verified.leaf.subject);
  }

  /** The earliest end of a certificate in its chain, epoch milliseconds. */
  get notAfterMs(): number {
    return this.#verified.notAfterMs;
  }

  /**
   * Verifies a peer: its chain against the requestheader authorities for client authentication, then the name of its
   * *leaf* certificate.
   *
   * @param peerChain - DER as presented, leaf first
   * @throws CertificateRefused or CertificateInvalid (of `@kubemetrics/x509`) when the chain is not trusted
   * @throws CertificateNotAccepted `NAME_NOT_ALLOWED`
   */
  static verify(peerChain: readonly Uint8Array[], trust: ProxyTrust, timeMs: number): VerifiedProxy {
    return VerifiedProxy.#allowed(verifyChain(peerChain, trust.authorities, { timeMs, usage: "clientAuth" }), trust);
  }

  /** The same for certificates already parsed. */
  static verifyParsed(
    leaf: Certificate,
    intermediates: readonly Certificate[],
    trust: ProxyTrust,
    timeMs: number,
  ): VerifiedProxy {
    const verified = verifyCertificate(leaf, intermediates, trust.authorities, { timeMs, usage: "clientAuth" });
    return VerifiedProxy.#allowed(verified, trust);
  }

  /** For callers without types: was this value made by the verifier? */
  static isProof(value: unknown): value is VerifiedProxy {
    return typeof value === "object" && value !== null && #verified in value;
  }

  static #allowed(verified: VerifiedChain, { allowedNames }: ProxyTrust): VerifiedProxy {
    const name = commonName(verified.leaf.subject);
    if (allowedNames.length > 0 && !allowedNames.includes(name)) {
      throw new CertificateNotAccepted(
        "NAME_NOT_ALLOWED",
        `x509: subject with cn=${name} is not in the allowed list; it may not set identity headers unless kube-apiserver's --requestheader-allowed-names lists it`,
      );
    }
    return new VerifiedProxy(verified, verifier);
  }
}
