/** Certificates found by what they may have issued. */
import type { Certificate } from "../certificate.ts";

const pools = new WeakMap<readonly Certificate[], CertificatePool>();

export class CertificatePool {
  readonly #bySubject = new Map<string, Certificate[]>();
  readonly #known = new Set<string>();

  private constructor(certificates: readonly Certificate[]) {
    for (const certificate of certificates) {
      const key = latin1(certificate.der);
      if (this.#known.has(key)) continue;
      this.#known.add(key);
      const subject = latin1(certificate.subject.der);
      const sameName = this.#bySubject.get(subject);
      if (sameName === undefined) this.#bySubject.set(subject, [certificate]);
      else sameName.push(certificate);
    }
  }

  /** The pool of a list; the same list gives the same pool. */
  static of(certificates: readonly Certificate[]): CertificatePool {
    const known = pools.get(certificates);
    if (known !== undefined) return known;
    const made = new CertificatePool(certificates);
    pools.set(certificates, made);
    return made;
  }

  has(certificate: Certificate): boolean {
    return this.#known.has(latin1(certificate.der));
  }

  /** Those whose subject is the issuer's name, byte for byte: first where the key identifiers match, last where they differ. */
  issuersOf(child: Certificate): readonly Certificate[] {
    const named = this.#bySubject.get(latin1(child.issuer.der)) ?? [];
    if (named.length < 2) return named;
    return named.toSorted((a, b) => mismatch(a, child) - mismatch(b, child));
  }
}

function mismatch(issuer: Certificate, child: Certificate): number {
  const own = issuer.extensions.subjectKeyId ?? new Uint8Array();
  const wanted = child.extensions.authorityKeyId ?? new Uint8Array();
  if (Buffer.compare(own, wanted) === 0) return 0;
  return own.length === 0 || wanted.length === 0 ? 1 : 2;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
