/** Subject alternative names, and the subtrees of name constraints. */
import { isIP } from "node:net";
import { isDomainName, parseMailbox, uriHost } from "./domain-name.ts";
import { DerInvalid, DerReader } from "./der-reader.ts";
import { tags } from "./der-writer.ts";

const emailTag = 0x81;
const dnsTag = 0x82;
const uriTag = 0x86;
const ipTag = 0x87;

/** The names of a certificate. Other kinds of names are read over. */
export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  /** 4 or 16 bytes each. */
  readonly ipAddresses: readonly Uint8Array[];
  readonly uris: readonly UriName[];
}

export interface UriName {
  readonly uri: string;
  /** With port; empty when the URI has none. */
  readonly host: string;
}

export function readAlternativeNames(value: Uint8Array): AlternativeNames {
  const names = {
    dnsNames: [] as string[],
    emailAddresses: [] as string[],
    ipAddresses: [] as Uint8Array[],
    uris: [] as UriName[],
  };
  for (const list = new DerReader(value).inside(tags.sequence, "subject alternative names"); !list.isEmpty;) {
    const { tag, content } = list.any("subject alternative name");
    if (tag === emailTag) names.emailAddresses.push(ascii(content, "e-mail name"));
    else if (tag === dnsTag) names.dnsNames.push(ascii(content, "DNS name"));
    else if (tag === ipTag) names.ipAddresses.push(ipAddress(content));
    else if (tag === uriTag) names.uris.push(uriName(ascii(content, "URI name")));
  }
  return names;
}

/** One side of a name constraint: names below any of these, per kind of name. */
export interface Subtrees {
  /** `example.com` is itself and all below; `.example.com` only those below. Empty text is everything. */
  readonly dnsNames: readonly string[];
  /** A mailbox, or a domain as above. */
  readonly emailAddresses: readonly string[];
  readonly uriDomains: readonly string[];
  readonly ipRanges: readonly IpRange[];
}

export interface IpRange {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** As many bytes: ones, then zeros. */
  readonly mask: Uint8Array;
}

export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
}

/** `hasUnknownKinds`: a subtree of a kind that is not enforced, which a critical extension must not have. */
export function readNameConstraints(value: Uint8Array): { constraints: NameConstraints; hasUnknownKinds: boolean } {
  const outer = new DerReader(value);
  const sides = outer.inside(tags.sequence, "name constraints");
  outer.end("name constraints");
  const permitted = sides.optional(0xa0, "permitted subtrees");
  const excluded = sides.optional(0xa1, "excluded subtrees");
  sides.end("name constraints");
  const isEmpty = (permitted?.length ?? 0) === 0 && (excluded?.length ?? 0) === 0;
  if (isEmpty) throw new DerInvalid("name constraints permit and exclude nothing");
  const permittedSide = readSubtrees(permitted ?? new Uint8Array());
  const excludedSide = readSubtrees(excluded ?? new Uint8Array());
  return {
    constraints: { permitted: permittedSide.subtrees, excluded: excludedSide.subtrees },
    hasUnknownKinds: permittedSide.hasUnknownKinds || excludedSide.hasUnknownKinds,
  };
}

function readSubtrees(value: Uint8Array): { subtrees: Subtrees; hasUnknownKinds: boolean } {
  const subtrees = {
    dnsNames: [] as string[],
    emailAddresses: [] as string[],
    uriDomains: [] as string[],
    ipRanges: [] as IpRange[],
  };
  let hasUnknownKinds = false;
  for (const list = new DerReader(value); !list.isEmpty;) {
    const { tag, content } = list.inside(tags.sequence, "name constraint").any("name constraint");
    if (tag === dnsTag) subtrees.dnsNames.push(domain(content, "DNS constraint"));
    else if (tag === emailTag) subtrees.emailAddresses.push(emailConstraint(content));
    else if (tag === uriTag) subtrees.uriDomains.push(uriConstraint(content));
    else if (tag === ipTag) subtrees.ipRanges.push(ipRange(content));
    else hasUnknownKinds = true;
  }
  return { subtrees, hasUnknownKinds };
}

function ascii(content: Uint8Array, what: string): string {
  if (content.some((byte) => byte >= 0x80)) throw new DerInvalid(`${what} is not ASCII`);
  return Buffer.from(content).toString("latin1");
}

function ipAddress(content: Uint8Array): Uint8Array {
  if (content.length !== 4 && content.length !== 16) throw new DerInvalid(`IP address of ${content.length} bytes`);
  return content;
}

function uriName(uri: string): UriName {
  const host = uriHost(uri);
  if (host === undefined || !isDomainName(host, false)) throw new DerInvalid(`${JSON.stringify(uri)} is not a URI`);
  return { uri, host };
}

function domain(content: Uint8Array, what: string): string {
  const text = ascii(content, what);
  if (!isDomainName(text, true)) throw new DerInvalid(`${what} ${JSON.stringify(text)} is not a domain`);
  return text;
}

function emailConstraint(content: Uint8Array): string {
  const text = ascii(content, "e-mail constraint");
  if (!text.includes("@")) return domain(content, "e-mail constraint");
  if (parseMailbox(text) === undefined) throw new DerInvalid(`${JSON.stringify(text)} is not a mailbox`);
  return text;
}

function uriConstraint(content: Uint8Array): string {
  const text = domain(content, "URI constraint");
  if (isIP(text) !== 0) throw new DerInvalid(`URI constraint ${text} is an address`);
  return text;
}

function ipRange(content: Uint8Array): IpRange {
  const half = content.length / 2;
  if (half !== 4 && half !== 16) throw new DerInvalid(`IP constraint of ${content.length} bytes`);
  const mask = content.subarray(half);
  if (!/^1*0*$/.test(Array.from(mask, (byte) => byte.toString(2).padStart(8, "0")).join(""))) {
    throw new DerInvalid("IP constraint with a mask that has holes");
  }
  return { address: content.subarray(0, half), mask };
}
