/** What a peer's certificates prove, checked once and kept while nothing that it depends on can have changed. */
import { parseCertificate, verifyCertificate, type Bundle, type Certificate } from "@kubemetrics/x509";
import { userOfCertificate } from "../client-certificate.ts";
import type { Trust } from "../trust.ts";
import { withAuthenticatedGroup, type UserInfo } from "../user-info.ts";
import { VerifiedProxy } from "../verified-proxy.ts";

/** `undefined` everywhere: no opinion. */
export interface Finding<T> {
  readonly value: T | undefined;
  /** Why the certificate was refused. */
  readonly fault: string | undefined;
}

const maxAgeMs = 60_000;
const noOpinion: Finding<never> = { value: undefined, fault: undefined };

/**
 * Keeps verdicts by (peer chain, trust). The chain is recognised by the identity of its array, so whoever serves
 * requests hands in one array per connection; a dropped connection drops its verdict.
 */
export class PeerVerdicts {
  readonly #verdicts = new WeakMap<readonly Uint8Array[], PeerVerdict>();

  of(peerChain: readonly Uint8Array[], trust: Trust, nowMs: number): PeerVerdict {
    const known = this.#verdicts.get(peerChain);
    if (known?.holds(trust, nowMs) === true) return known;
    const made = new PeerVerdict(peerChain, trust, nowMs);
    this.#verdicts.set(peerChain, made);
    return made;
  }
}

/** The two questions that are asked about a peer, each answered when first asked. */
export class PeerVerdict {
  readonly #trust: Trust;
  readonly #madeMs: number;
  readonly #peer: PresentedChain;
  #untilMs: number;
  #proxy: Finding<VerifiedProxy> | undefined;
  #user: Finding<UserInfo> | undefined;

  constructor(peerChain: readonly Uint8Array[], trust: Trust, nowMs: number) {
    this.#trust = trust;
    this.#madeMs = nowMs;
    this.#untilMs = nowMs + maxAgeMs;
    this.#peer = parsed(peerChain);
  }

  /** A clock that steps back ends a verdict too. */
  holds(trust: Trust, nowMs: number): boolean {
    return trust === this.#trust && nowMs <= this.#untilMs && nowMs >= this.#madeMs;
  }

  /** Is the peer the front proxy? */
  proxy(nowMs: number): Finding<VerifiedProxy> {
    if (this.#proxy !== undefined) return this.#proxy;
    const { authorities, allowedNames = [] } = this.#trust.requestHeader ?? {};
    this.#proxy = this.#judge(authorities, nowMs, (leaf, others, roots) => {
      const proxy = VerifiedProxy.verifyParsed(leaf, others, { authorities: roots, allowedNames }, nowMs);
      this.#endBy(proxy.notAfterMs);
      return proxy;
    });
    return this.#proxy;
  }

  /** Which user is the peer itself? */
  user(nowMs: number): Finding<UserInfo> {
    this.#user ??= this.#judge(this.#trust.clientAuthorities, nowMs, (leaf, others, roots) => {
      this.#endBy(verifyCertificate(leaf, others, roots, { timeMs: nowMs, usage: "clientAuth" }).notAfterMs);
      const user = userOfCertificate(leaf);
      return user === undefined ? undefined : withAuthenticatedGroup(user);
    });
    return this.#user;
  }

  #judge<T>(
    roots: Bundle | undefined,
    nowMs: number,
    judge: (leaf: Certificate, others: readonly Certificate[], roots: Bundle) => T | undefined,
  ): Finding<T> {
    const { leaf, others, fault } = this.#peer;
    if (roots === undefined) return noOpinion;
    if (leaf === undefined) return { value: undefined, fault };
    try {
      return { value: judge(leaf, others, roots), fault: undefined };
    } catch (error) {
      // What is refused now may be accepted when a certificate begins to be valid.
      for (const { notBeforeMs } of [leaf, ...others, ...roots.certificates]) {
        if (notBeforeMs > nowMs) this.#endBy(notBeforeMs - 1);
      }
      return { value: undefined, fault: messageOf(error) };
    }
  }

  #endBy(timeMs: number): void {
    this.#untilMs = Math.min(this.#untilMs, timeMs);
  }
}

interface PresentedChain {
  readonly leaf: Certificate | undefined;
  readonly others: readonly Certificate[];
  /** Why there is no leaf: one certificate, needed or not, cannot be read. A Go server would not finish the handshake. */
  readonly fault: string | undefined;
}

function parsed(peerChain: readonly Uint8Array[]): PresentedChain {
  try {
    const [leaf, ...others] = peerChain.map((der) => parseCertificate(der));
    return { leaf, others, fault: undefined };
  } catch (error) {
    return { leaf: undefined, others: [], fault: `a presented certificate is ${messageOf(error)}` };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
