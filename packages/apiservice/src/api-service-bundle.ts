/** The `caBundle` of an APIService: what kube-aggregator believes of the servers behind it. */
import { commonName, parseBundle, type Certificate } from "@kubemetrics/x509";

/** Authorities of servers that issue for themselves are known by this beginning of their common name. */
export const ownAuthorityPrefix = "apiservice-ca@";

/** Each start of a replica adds an authority; beyond these, the first in the bundle go, or a crash loop would fill the object. */
const mostOwnAuthorities = 32;

/** An authority in use moves to the end when so many starts would drop it: more than happen until its replica looks again. */
const spareStarts = 8;

/** Clocks disagree: what expired a moment ago may still count elsewhere. */
const graceMs = 3_600_000;

const begin = "-----BEGIN CERTIFICATE-----";
const end = "-----END CERTIFICATE-----";

interface Entry {
  readonly pem: string;
  /** `undefined`: not a certificate that can be read. It is somebody else's, so it stays. */
  readonly certificate: Certificate | undefined;
}

/**
 * The bundle with `own` in it and without what expired; `undefined` when it is that already.
 *
 * Authorities of others stay, in their order: another replica, or the server that stood here before, needs them. Only too many
 * authorities of servers that issue for themselves go, the first ones first. Those in use keep away from there: in a bundle that is
 * nearly full, `own` moves to the end, so that restarts of one replica never drop the authority of another that looks meanwhile.
 *
 * @param current - PEM, `""` for none
 * @param own - PEM of the authorities that must be in it, one each
 */
export function mergedCaBundle(current: string, own: readonly string[], nowMs: number): string | undefined {
  const present = entriesOf(current);
  const wanted = own.flatMap(entriesOf);
  const wantedKeys = new Set(wanted.map(keyOf));
  const left = withoutFirst(
    present.filter((entry) => wantedKeys.has(keyOf(entry)) || !isExpired(entry, nowMs)),
    wantedKeys,
  );
  const kept = left.filter((entry, at) => !(wantedKeys.has(keyOf(entry)) && isNearlyDropped(left, at)));
  const keptKeys = new Set(kept.map(keyOf));
  const missing = wanted.filter((entry) => !keptKeys.has(keyOf(entry)));
  if (missing.length === 0 && kept.length === present.length) return undefined;
  return [...kept, ...missing].map(({ pem }) => `${pem}\n`).join("");
}

function entriesOf(pem: string): readonly Entry[] {
  const entries = new Map<string, Entry>();
  for (const part of pem.split(begin).slice(1)) {
    const length = part.indexOf(end);
    if (length < 0) continue;
    const text = `${begin}${part.slice(0, length)}${end}`;
    const entry = { pem: text, certificate: readable(text) };
    entries.set(keyOf(entry), entry);
  }
  return [...entries.values()];
}

function readable(pem: string): Certificate | undefined {
  try {
    return parseBundle(pem).certificates[0];
  } catch {
    return undefined;
  }
}

function keyOf({ pem, certificate }: Entry): string {
  return certificate === undefined ? pem : Buffer.from(certificate.der).toString("latin1");
}

function isExpired({ certificate }: Entry, nowMs: number): boolean {
  return certificate !== undefined && certificate.notAfterMs + graceMs < nowMs;
}

function withoutFirst(entries: readonly Entry[], wanted: ReadonlySet<string>): readonly Entry[] {
  const removable = entries.filter((entry) => isOwnKind(entry) && !wanted.has(keyOf(entry)));
  const excess = removable.length + wanted.size - mostOwnAuthorities;
  const dropped = new Set(removable.slice(0, Math.max(0, excess)));
  return entries.filter((entry) => !dropped.has(entry));
}

/** Whether the authorities behind it and `spareStarts` more are too many for it to stay. */
function isNearlyDropped(entries: readonly Entry[], at: number): boolean {
  return entries.slice(at + 1).filter(isOwnKind).length + spareStarts >= mostOwnAuthorities;
}

function isOwnKind({ certificate }: Entry): boolean {
  return certificate !== undefined && commonName(certificate.subject).startsWith(ownAuthorityPrefix);
}
