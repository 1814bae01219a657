/** Configurations that work, and that somebody will regret. */
import { nameForPeople, verifyCertificate, type Bundle, type Certificate } from "@kubemetrics/x509";
import type { Trust } from "./trust.ts";

export type TrustWarningCode =
  /** Any user's certificate can impersonate anybody. */
  | "SHARED_CA_ANY_NAME"
  /** Whoever gets a certificate with an allowed name can impersonate anybody. */
  | "SHARED_CA"
  /** Trust went from some names to any certificate of the CA. */
  | "ALLOWED_NAMES_REMOVED"
  /** The whole bundle counts for nothing. */
  | "ALL_EXPIRED"
  | "CA_EXPIRED"
  | "CA_EXPIRES_SOON"
  /** Every header would become identity. */
  | "EVERY_HEADER_IS_EXTRA"
  /** Nobody can be named. */
  | "NO_USERNAME_HEADER";

export interface TrustWarning {
  readonly code: TrustWarningCode;
  /** One sentence: what is so, what follows, what to do. */
  readonly message: string;
}

const monthMs = 30 * 24 * 3_600_000;

/**
 * Looks for dangerous configurations.
 *
 * @param previous - what was trusted before, to see trust widen
 * @returns in order of danger; empty when all is well
 */
export function trustWarnings(trust: Trust, timeMs: number, previous?: Trust): readonly TrustWarning[] {
  return [
    ...sharedAuthority(trust),
    ...widened(trust, previous),
    ...oddHeaders(trust),
    ...expiring("requestheader client CA", trust.requestHeader?.authorities, timeMs),
    ...expiring("client CA", trust.clientAuthorities, timeMs),
  ];
}

/** One CA for users and the front proxy, at most one warning. */
export function sharedAuthority({ requestHeader, clientAuthorities }: Trust): TrustWarning[] {
  const users = clientAuthorities?.certificates ?? [];
  const found = firstShared(requestHeader?.authorities?.certificates ?? [], users);
  if (found === undefined || requestHeader === undefined) return [];
  const [proxy, user] = [nameForPeople(found.proxy.subject), nameForPeople(found.user.subject)];
  const what = isSameKey(found.proxy, found.user)
    ? `CA ${proxy} signs both users and the front proxy`
    : `CA ${user} signs users and stands below CA ${proxy} of the front proxy`;
  const way = "give the front proxy a CA of its own (kube-apiserver --requestheader-client-ca-file)";
  if (requestHeader.allowedNames.length === 0) {
    return [
      {
        code: "SHARED_CA_ANY_NAME",
        message: `${what}, and requestheader-allowed-names is empty: every user with a client certificate can impersonate anyone; ${way}, or at least set --requestheader-allowed-names`,
      },
    ];
  }
  const names = requestHeader.allowedNames.map((name) => JSON.stringify(name)).join(", ");
  return [
    {
      code: "SHARED_CA",
      message: `${what}: whoever obtains a certificate with the common name ${names} from it can impersonate anyone; ${way}`,
    },
  ];
}

/** A CA of users that is one of the front proxy's, or leads to one: its users would only have to present it as well. */
function firstShared(
  proxies: readonly Certificate[],
  users: readonly Certificate[],
): { readonly proxy: Certificate; readonly user: Certificate } | undefined {
  for (const isShared of [isSameKey, (proxy: Certificate, user: Certificate) => leadsTo(proxy, user, users)]) {
    for (const proxy of proxies) {
      const user = users.find((candidate) => isShared(proxy, candidate));
      if (user !== undefined) return { proxy, user };
    }
  }
  return undefined;
}

function isSameKey(one: Certificate, other: Certificate): boolean {
  return Buffer.compare(one.publicKeyInfo, other.publicKeyInfo) === 0;
}

/** At a time when both are valid: that they are now is not the point. */
function leadsTo(proxy: Certificate, user: Certificate, others: readonly Certificate[]): boolean {
  const timeMs = Math.max(proxy.notBeforeMs, ...others.map(({ notBeforeMs }) => notBeforeMs));
  try {
    verifyCertificate(user, others, { certificates: [proxy] }, { timeMs, usage: "clientAuth" });
    return true;
  } catch {
    return false;
  }
}

function widened({ requestHeader }: Trust, previous: Trust | undefined): TrustWarning[] {
  const before = previous?.requestHeader?.allowedNames ?? [];
  if (requestHeader === undefined || requestHeader.allowedNames.length > 0 || before.length === 0) return [];
  const names = before.map((name) => JSON.stringify(name)).join(", ");
  return [
    {
      code: "ALLOWED_NAMES_REMOVED",
      message: `requestheader-allowed-names was ${names} and is now empty: any certificate of the requestheader client CA is trusted as the front proxy; set kube-apiserver's --requestheader-allowed-names again unless that is meant`,
    },
  ];
}

function oddHeaders({ requestHeader }: Trust): TrustWarning[] {
  if (requestHeader?.authorities === undefined) return [];
  const warnings: TrustWarning[] = [];
  if (requestHeader.extraHeaderPrefixes.includes("")) {
    warnings.push({
      code: "EVERY_HEADER_IS_EXTRA",
      message:
        "requestheader-extra-headers-prefix contains an empty prefix: every request header becomes part of the user and no handler sees any; remove the empty entry",
    });
  }
  if (!requestHeader.usernameHeaders.some((name) => name.trim() !== "")) {
    warnings.push({
      code: "NO_USERNAME_HEADER",
      message:
        "a requestheader client CA is configured but no username header: every request through the aggregator is refused; set kube-apiserver's --requestheader-username-headers=X-Remote-User",
    });
  }
  return warnings;
}

function expiring(kind: string, bundle: Bundle | undefined, timeMs: number): TrustWarning[] {
  const certificates = bundle?.certificates ?? [];
  const isOver = (certificate: Certificate): boolean => certificate.notAfterMs < timeMs;
  if (certificates.length > 0 && certificates.every(isOver)) {
    const names = certificates.map((certificate) => `${nameForPeople(certificate.subject)} (${day(certificate)})`);
    return [
      {
        code: "ALL_EXPIRED",
        message: `every ${kind} has expired: ${names.join(", ")}; no certificate below it is accepted until kube-apiserver is given a new one`,
      },
    ];
  }
  return certificates.flatMap((certificate): TrustWarning[] => {
    const name = nameForPeople(certificate.subject);
    if (isOver(certificate)) {
      const message = `${kind} ${name} expired ${day(certificate)} and is of no use any more; remove it from the bundle`;
      return [{ code: "CA_EXPIRED", message }];
    }
    if (certificate.notAfterMs - timeMs > monthMs) return [];
    const message = `${kind} ${name} expires ${day(certificate)}: certificates below it stop working then; add its successor to kube-apiserver's bundle now`;
    return [{ code: "CA_EXPIRES_SOON", message }];
  });
}

function day(certificate: Certificate): string {
  return new Date(certificate.notAfterMs).toISOString().replace(".000Z", "Z");
}
