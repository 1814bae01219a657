/** Domain names, mailboxes and URIs as Go's certificate reader understands them, which is wider than the RFCs. */
import { isIP, isIPv6 } from "node:net";

/** Labels of printable ASCII, no empty one, no final dot. Constraints may start with a dot. Empty is valid. */
export function isDomainName(name: string, isConstraint: boolean): boolean {
  if (name === "") return true;
  const labels = isConstraint && name.startsWith(".") ? name.slice(1) : name;
  return labels.split(".").every((label) => /^[\x21-\x7e]+$/.test(label));
}

export interface Mailbox {
  readonly local: string;
  /** Lower case. */
  readonly domain: string;
}

// RFC 2821 §4.1.2, with the escapes of RFC 3696 accepted outside of quotes too. Input is ASCII without NUL.
const quotedLocal = /^"((?:[^\t\n\r"\\]|\\[^\n\r])*)"@/;
const atomLocal = /^((?:[0-9A-Za-z!#$%&'*+\-/=?^_`{|}~.]|\\[^])+)@/;

export function parseMailbox(text: string): Mailbox | undefined {
  const isQuoted = text.startsWith('"');
  const match = text.includes("\0") ? null : (isQuoted ? quotedLocal : atomLocal).exec(text);
  if (match === null) return undefined;
  const local = (match[1] ?? "").replaceAll(/\\([^])/g, "$1");
  if (!isQuoted && (local.startsWith(".") || local.endsWith(".") || local.includes(".."))) return undefined;
  const domain = text.slice(match[0].length);
  return isDomainName(domain, false) ? { local, domain: domain.toLowerCase() } : undefined;
}

const escape = "%[0-9A-Fa-f]{2}";
const wellEscaped = new RegExp(`^(?:[^%]|${escape})*$`);
const userinfo = new RegExp(`^(?:[A-Za-z0-9\\-._:~!$&'()*+,;=@]|${escape})*$`);
// In hosts only bytes outside ASCII, and "%" itself, may be escaped.
const hostText = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"]|%[89A-Fa-f][0-9A-Fa-f]|%25)*$/;
const zoneText = /^[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>" %]+$/;

/** The host (with port) of a URI, empty when it has none; `undefined` when the URI is malformed. */
export function uriHost(uri: string): string | undefined {
  const [beforeFragment = "", fragment = ""] = cut(uri, "#");
  if (/\p{Cc}/u.test(beforeFragment) || !wellEscaped.test(fragment) || beforeFragment.startsWith(":")) {
    return undefined;
  }
  if (beforeFragment === "*") return "";
  const scheme = /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(beforeFragment);
  const [rest = ""] = cut(scheme === null ? beforeFragment : beforeFragment.slice(scheme[0].length), "?");
  if (!rest.startsWith("/")) {
    if (scheme !== null) return "";
    return (cut(rest, "/")[0] ?? "").includes(":") || !wellEscaped.test(rest) ? undefined : "";
  }
  const hasAuthority = rest.startsWith("//") && (scheme !== null || !rest.startsWith("///"));
  if (!hasAuthority) return wellEscaped.test(rest) ? "" : undefined;
  const [authority = ""] = cut(rest.slice(2), "/");
  if (!wellEscaped.test(rest.slice(2 + authority.length))) return undefined;
  return authorityHost(authority, scheme?.[1]?.toLowerCase());
}

function authorityHost(authority: string, scheme: string | undefined): string | undefined {
  const at = authority.lastIndexOf("@");
  if (at >= 0 && !userinfo.test(authority.slice(0, at))) return undefined;
  const host = authority.slice(at + 1);
  const bracket = host.lastIndexOf("[");
  if (bracket > 0) return undefined;
  if (bracket === 0) return bracketedHost(host);
  const firstColon = host.indexOf(":");
  const colon = scheme === "http" || scheme === "https" ? firstColon : host.lastIndexOf(":");
  if (colon >= 0 && !/^:\d*$/.test(host.slice(colon))) return undefined;
  return hostText.test(host) ? decodeBytes(host) : undefined;
}

function bracketedHost(host: string): string | undefined {
  const end = host.lastIndexOf("]");
  if (end < 0 || !/^(?::\d*)?$/.test(host.slice(end + 1))) return undefined;
  const inside = host.slice(1, end);
  const [address = "", zone] = cut(inside, "%25");
  if (
    !hostText.test(address) ||
    !isIPv6(address) ||
    (zone !== undefined && !(wellEscaped.test(zone) && zoneText.test(decodeBytes(zone))))
  ) {
    return undefined;
  }
  return `[${decodeBytes(inside)}]${host.slice(end + 1)}`;
}

/** The part of a URI's host that constraints look at; `undefined` when constraints cannot be applied to it. */
export function constrainedHost(host: string): string | undefined {
  const lower = host.toLowerCase();
  const withoutPort = lower.includes(":") && !lower.endsWith("]") ? lower.replace(/:\d*$/, "") : lower;
  if (withoutPort === "" && lower === "") return undefined;
  if (withoutPort.startsWith("[") || withoutPort.includes(":") || isIP(withoutPort) !== 0) return undefined;
  return withoutPort;
}

function decodeBytes(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function cut(text: string, separator: string): readonly string[] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + separator.length)];
}
