/** The request headers that the framework itself reads, taken in one pass over the raw header lines. */

/** First value each, as Go's `Header.Get`; `""` when absent; cut to 4,096 characters. Bytes as latin-1. */
export interface KnownHeaders {
  readonly accept: string;
  readonly acceptEncoding: string;
  readonly auditId: string;
  readonly contentType: string;
  readonly ifNoneMatch: string;
  readonly userAgent: string;
  /** Whether any `Impersonate-*` header is there. */
  readonly impersonates: boolean;
  /** How often `Host` is there. */
  readonly hosts: number;
}

const upperBit = 0x20;
const letterI = 0x69;

/** Every request pays for this: lengths and first letters rule most names out before anything is made of them. */
export function readKnownHeaders(rawHeaders: readonly string[]): KnownHeaders {
  let accept: string | undefined;
  let acceptEncoding: string | undefined;
  let auditId: string | undefined;
  let contentType: string | undefined;
  let ifNoneMatch: string | undefined;
  let userAgent: string | undefined;
  let impersonates = false;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const value = rawHeaders[at + 1] ?? "";
    switch (name.length) {
      case 4:
        if (isName(name, "host")) hosts++;
        break;
      case 6:
        if (accept === undefined && isName(name, "accept")) accept = value;
        break;
      case 8:
        if (auditId === undefined && isName(name, "audit-id")) auditId = value;
        break;
      case 10:
        if (userAgent === undefined && isName(name, "user-agent")) userAgent = value;
        break;
      case 12:
        if (contentType === undefined && isName(name, "content-type")) contentType = value;
        break;
      case 13:
        if (ifNoneMatch === undefined && isName(name, "if-none-match")) ifNoneMatch = value;
        break;
      case 15:
        if (acceptEncoding === undefined && isName(name, "accept-encoding")) acceptEncoding = value;
        break;
    }
    if ((name.charCodeAt(0) | upperBit) === letterI && name.toLowerCase().startsWith("impersonate-"))
      impersonates = true;
  }
  return {
    accept: bounded(accept),
    acceptEncoding: bounded(acceptEncoding),
    auditId: bounded(auditId),
    contentType: bounded(contentType),
    ifNoneMatch: bounded(ifNoneMatch),
    userAgent: bounded(userAgent),
    impersonates,
    hosts,
  };
}

/** What is longer is cut: no client needs it, and reading it costs more than its length. */
const longestValue = 4096;

function bounded(value: string | undefined): string {
  if (value === undefined) return "";
  return value.length <= longestValue ? value : value.slice(0, longestValue);
}

function isName(given: string, lower: string): boolean {
  return (given.charCodeAt(0) | upperBit) === lower.charCodeAt(0) && given.toLowerCase() === lower;
}

/** All values of a header, in order. */
export function headerValues(rawHeaders: readonly string[], lowerName: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === lowerName) values.push(rawHeaders[at + 1] ?? "");
  }
  return values;
}
