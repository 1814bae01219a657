/** Do the names in a chain stay inside what the authorities above them may sign for? RFC 5280 §4.2.1.10, as Go reads it. */
import type { Certificate } from "../certificate.ts";
import { constrainedHost, isDomainName, parseMailbox, type Mailbox } from "./domain-name.ts";
import type { AlternativeNames, IpRange, NameConstraints, Subtrees } from "./general-names.ts";

/** What is wrong, and with which certificate; `undefined` when every name of the chain (leaf first) is allowed. */
export function nameConstraintFault(chain: readonly Certificate[]): string | undefined {
  const rules = chain.flatMap(({ extensions }, index) =>
    extensions.nameConstraints === undefined ? [] : [{ index, ...matchers(extensions.nameConstraints) }],
  );
  for (const [index, { extensions }] of chain.entries()) {
    const applying = rules.filter((rule) => rule.index > index);
    if (applying.length === 0) return undefined;
    if (extensions.alternativeNames === undefined) continue;
    const names = comparable(extensions.alternativeNames);
    if (typeof names === "string") return names;
    for (const rule of applying) {
      const fault = namesFault(names, rule);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

/** Names in the form that constraints are compared with. */
interface ComparableNames {
  readonly dns: readonly string[];
  readonly hosts: readonly string[];
  readonly mailboxes: readonly Mailbox[];
  readonly addresses: readonly Uint8Array[];
}

function comparable(names: AlternativeNames): ComparableNames | string {
  const hosts: string[] = [];
  for (const { uri, host } of names.uris) {
    const domain = constrainedHost(host);
    if (domain === undefined) return `URI ${JSON.stringify(uri)} has no domain to compare with constraints`;
    hosts.push(domain);
  }
  const mailboxes: Mailbox[] = [];
  for (const address of names.emailAddresses) {
    const mailbox = parseMailbox(address);
    if (mailbox === undefined) return `${JSON.stringify(address)} is not a mailbox`;
    mailboxes.push(mailbox);
  }
  const odd = names.dnsNames.find((name) => !isDomainName(name, false));
  if (odd !== undefined) return `${JSON.stringify(odd)} is not a DNS name`;
  return { dns: names.dnsNames, hosts, mailboxes, addresses: names.ipAddresses };
}

type Matcher<T> = ((name: T) => boolean) | undefined;

interface SideMatchers {
  readonly dns: Matcher<string>;
  readonly host: Matcher<string>;
  readonly mailbox: Matcher<Mailbox>;
  readonly address: Matcher<Uint8Array>;
}

function matchers(constraints: NameConstraints): { permitted: SideMatchers; excluded: SideMatchers } {
  return { permitted: sideMatchers(constraints.permitted, false), excluded: sideMatchers(constraints.excluded, true) };
}

function sideMatchers(side: Subtrees, isExclusion: boolean): SideMatchers {
  return {
    dns: domainMatcher(side.dnsNames, isExclusion),
    host: domainMatcher(side.uriDomains, isExclusion),
    mailbox: mailboxMatcher(side.emailAddresses, isExclusion),
    address: addressMatcher(side.ipRanges),
  };
}

function namesFault(
  names: ComparableNames,
  rule: { permitted: SideMatchers; excluded: SideMatchers },
): string | undefined {
  const { permitted, excluded } = rule;
  return (
    fault("IP address", names.addresses, permitted.address, excluded.address, (bytes) => bytes.join(".")) ??
    fault("DNS name", names.dns, permitted.dns, excluded.dns, String) ??
    fault("URI host", names.hosts, permitted.host, excluded.host, String) ??
    fault("e-mail address", names.mailboxes, permitted.mailbox, excluded.mailbox, (box) => `${box.local}@${box.domain}`)
  );
}

function fault<T>(
  kind: string,
  names: readonly T[],
  permitted: Matcher<T>,
  excluded: Matcher<T>,
  text: (name: T) => string,
): string | undefined {
  for (const name of names) {
    if (permitted !== undefined && !permitted(name)) return `${kind} ${JSON.stringify(text(name))} is not permitted`;
    if (excluded?.(name) === true) return `${kind} ${JSON.stringify(text(name))} is excluded`;
  }
  return undefined;
}

/**
 * `undefined` without constraints of this kind: then anything goes. Looks up every parent of a name, so that the cost
 * does not grow with the number of constraints.
 */
function domainMatcher(constraints: readonly string[], isExclusion: boolean): Matcher<string> {
  if (constraints.length === 0) return undefined;
  if (constraints.includes("")) return () => true;
  const lower = new Set(constraints.map((constraint) => constraint.toLowerCase()));
  // A wildcard name could be any of the names one label below its parent, so excluding one of them excludes it.
  const parents = new Set(isExclusion ? [...lower].map(parentOf) : []);
  return (name) => {
    const wanted = name.toLowerCase();
    if (lower.has(wanted)) return true;
    for (let dot = wanted.indexOf("."); dot >= 0; dot = wanted.indexOf(".", dot + 1)) {
      if (lower.has(wanted.slice(dot)) || lower.has(wanted.slice(dot + 1))) return true;
    }
    return wanted.startsWith("*") && wanted.includes(".") && parents.has(parentOf(wanted));
  };
}

/** From the first dot on. */
function parentOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot);
}

function mailboxMatcher(constraints: readonly string[], isExclusion: boolean): Matcher<Mailbox> {
  if (constraints.length === 0) return undefined;
  const key = (box: Mailbox): string => `${box.domain}@${box.local}`;
  const boxes = new Set(
    constraints.flatMap((constraint) => {
      const box = constraint.includes("@") ? parseMailbox(constraint) : undefined;
      return box === undefined ? [] : [key(box)];
    }),
  );
  const domains = domainMatcher(
    constraints.filter((constraint) => !constraint.includes("@")),
    isExclusion,
  );
  return (mailbox) => boxes.has(key(mailbox)) || domains?.(mailbox.domain) === true;
}

function addressMatcher(ranges: readonly IpRange[]): Matcher<Uint8Array> {
  if (ranges.length === 0) return undefined;
  return (address) => ranges.some((range) => isInside(address, range));
}

/** An IPv4 address in IPv6 form is inside of ranges in that form only, and compared as IPv4: Go's net.IPNet does so. */
function isInside(address: Uint8Array, range: IpRange): boolean {
  if (address.length !== range.address.length || isMapped(address) !== isMapped(range.address)) return false;
  const from = isMapped(address) ? 12 : 0;
  for (let index = from; index < address.length; index++) {
    const difference = (address[index] ?? 0) ^ (range.address[index] ?? 0);
    if ((difference & (range.mask[index] ?? 0)) !== 0) return false;
  }
  return true;
}

function isMapped(address: Uint8Array): boolean {
  return address.length === 16 && address.subarray(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 0xff));
}
