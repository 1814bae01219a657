/** Decides whether a presented chain leads to a trusted certificate, with the verdicts of Go's `Certificate.Verify`. */
import type { Bundle } from "./bundle.ts";
import { parseCertificate, type Certificate } from "./certificate.ts";
import { nameForPeople } from "./distinguished-name.ts";
import { CertificateInvalid, CertificateRefused } from "./errors.ts";
import { authorityFault, issuingFault, ownFault, wholeChainFault, type Usage } from "./internal/chain-rules.ts";
import { CertificatePool } from "./internal/pool.ts";

export interface VerifyOptions {
  /** The time to judge validity at, epoch milliseconds. */
  readonly timeMs: number;
  /** What the leaf wants to be used for. Every certificate of the chain that lists purposes must list this one. */
  readonly usage: Usage;
}

/** A chain that leads from the leaf to a trusted certificate. */
export interface VerifiedChain {
  readonly leaf: Certificate;
  /** Leaf first, trusted certificate last; one certificate when the leaf itself is trusted. */
  readonly chain: readonly Certificate[];
  /** The earliest end of a certificate in the chain, epoch milliseconds: valid up to and including this instant. */
  readonly notAfterMs: number;
}

/** Signature checks before giving up: more than any honest chain needs, few enough for a hostile one. */
const maxSignatureChecks = 100;

/**
 * Verifies a presented chain. Host names and revocation are not looked at.
 *
 * @param chain - DER as the peer presented it: the leaf first, everything after it untrusted and in any order
 * @param roots - the only certificates that are trusted
 * @throws CertificateRefused with a stable code, when no chain is good
 * @throws CertificateInvalid when a presented certificate, needed or not, cannot be read (a Go server would not finish
 *   the handshake)
 */
export function verifyChain(chain: readonly Uint8Array[], roots: Bundle, options: VerifyOptions): VerifiedChain {
  const [leaf, ...intermediates] = chain.map(parsePresented);
  if (leaf === undefined) throw new CertificateRefused("EMPTY_CHAIN", "no certificate was presented");
  return verifyCertificate(leaf, intermediates, roots, options);
}

/** The same for certificates already parsed. */
export function verifyCertificate(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  roots: Bundle,
  options: VerifyOptions,
): VerifiedChain {
  const unfit = ownFault(leaf, options.timeMs);
  if (unfit !== undefined) throw unfit;
  const search: Search = {
    roots: CertificatePool.of(roots.certificates),
    intermediates: CertificatePool.of(intermediates),
    options,
    checksLeft: maxSignatureChecks,
    firstFault: undefined,
    lastUnfit: undefined,
    chainFault: undefined,
  };
  const found = search.roots.has(leaf) ? acceptable([leaf], search) : extend([leaf], search);
  if (found === undefined) throw refusal(leaf, search);
  return { leaf, chain: found, notAfterMs: Math.min(...found.map((certificate) => certificate.notAfterMs)) };
}

interface Search {
  readonly roots: CertificatePool;
  readonly intermediates: CertificatePool;
  readonly options: VerifyOptions;
  checksLeft: number;
  /** Why the first candidate issuer was passed over: a hint, not a verdict. */
  firstFault: string | undefined;
  /** The fault of the last issuer that had signed, but may not be used. */
  lastUnfit: CertificateRefused | undefined;
  /** What was wrong with a chain that did lead to a trusted certificate. */
  chainFault: CertificateRefused | undefined;
}

/** Trusted issuers first; depth first; the first acceptable chain wins. */
function extend(chain: readonly Certificate[], search: Search): readonly Certificate[] | undefined {
  const child = chain.at(-1) as Certificate;
  for (const [pool, isTrusted] of [
    [search.roots, true],
    [search.intermediates, false],
  ] as const) {
    for (const issuer of pool.issuersOf(child)) {
      if (search.checksLeft === 0) return undefined;
      search.checksLeft--;
      const longer = withIssuer(chain, issuer, isTrusted, search);
      if (longer === undefined) continue;
      const found = isTrusted ? acceptable(longer, search) : extend(longer, search);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function withIssuer(
  chain: readonly Certificate[],
  issuer: Certificate,
  isTrusted: boolean,
  search: Search,
): readonly Certificate[] | undefined {
  if (isAlreadyIn(issuer, chain)) return undefined;
  const child = chain.at(-1) as Certificate;
  const fault = issuingFault(child, issuer);
  if (fault !== undefined) {
    search.firstFault ??= `${nameForPeople(issuer.subject)} could be its issuer, but ${fault}`;
    return undefined;
  }
  const unfit = ownFault(issuer, search.options.timeMs) ?? authorityFault(issuer, isTrusted, chain.length - 1);
  if (unfit !== undefined) {
    search.firstFault ??= unfit.message;
    search.lastUnfit = unfit;
    return undefined;
  }
  return [...chain, issuer];
}

/** Same subject, key and alternative names: cross-signed authorities would otherwise lead in circles. */
function isAlreadyIn(candidate: Certificate, chain: readonly Certificate[]): boolean {
  for (const certificate of chain) {
    const isSame =
      Buffer.compare(candidate.subject.der, certificate.subject.der) === 0 &&
      Buffer.compare(candidate.publicKeyInfo, certificate.publicKeyInfo) === 0;
    if (!isSame) continue;
    const wanted = candidate.extensions.alternativeNamesDer;
    const present = certificate.extensions.alternativeNamesDer;
    if (wanted === undefined && present === undefined) return true;
    if (wanted === undefined || present === undefined) return false;
    if (Buffer.compare(wanted, present) === 0) return true;
  }
  return false;
}

/** The chain itself, when the rules that look at all of it hold. */
function acceptable(chain: readonly Certificate[], search: Search): readonly Certificate[] | undefined {
  const fault = wholeChainFault(chain, search.options.usage);
  if (fault === undefined) return chain;
  search.chainFault ??= fault;
  return undefined;
}

function refusal(leaf: Certificate, search: Search): CertificateRefused {
  const name = nameForPeople(leaf.subject);
  if (search.chainFault !== undefined) return search.chainFault;
  if (search.checksLeft === 0) {
    return new CertificateRefused(
      "TOO_MANY_SIGNATURES",
      `certificate ${name} came with so many possible issuers that ${maxSignatureChecks} signature checks led nowhere; present only its own chain`,
    );
  }
  if (search.lastUnfit !== undefined) return search.lastUnfit;
  const hint = search.firstFault === undefined ? "" : ` (${search.firstFault})`;
  return new CertificateRefused(
    "UNKNOWN_ISSUER",
    `certificate ${name} was not issued by a trusted CA: no chain leads from its issuer ${nameForPeople(leaf.issuer)} to the bundle${hint}; issue it from a CA of the bundle, or add its CA`,
  );
}

function parsePresented(der: Uint8Array, index: number): Certificate {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (!(error instanceof CertificateInvalid)) throw error;
    throw new CertificateInvalid(error.code, `presented certificate ${index} is ${error.message}`, { cause: error });
  }
}
