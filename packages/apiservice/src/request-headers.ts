/** The request headers that the framework itself reads, taken in one pass over the raw header lines. */

/** First value each, as Go's `Header.Get`; `""` when absent. Bytes as latin-1. */
export interface KnownHeaders {
  readonly accept: string;
  readonly acceptEncoding: string;
  readonly auditId: string;
  readonly contentType: string;
  readonly ifNoneMatch: string;
  readonly traceparent: string;
  readonly userAgent: string;
  /** Whether any `Impersonate-*` header is there. */
  readonly impersonates: boolean;
}

const fields: ReadonlyMap<string, Exclude<keyof KnownHeaders, "impersonates">> = new Map([
  ["accept", "accept"],
  ["accept-encoding", "acceptEncoding"],
  ["audit-id", "auditId"],
  ["content-type", "contentType"],
  ["if-none-match", "ifNoneMatch"],
  ["traceparent", "traceparent"],
  ["user-agent", "userAgent"],
]);

export function readKnownHeaders(rawHeaders: readonly string[]): KnownHeaders {
  const found: { -readonly [Name in keyof KnownHeaders]: KnownHeaders[Name] } = {
    accept: "",
    acceptEncoding: "",
    auditId: "",
    contentType: "",
    ifNoneMatch: "",
    traceparent: "",
    userAgent: "",
    impersonates: false,
  };
  let seen = "";
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    const field = fields.get(name);
    if (field === undefined) {
      if (name.startsWith("impersonate-")) found.impersonates = true;
    } else if (!seen.includes(`,${field},`)) {
      seen += `,${field},`;
      found[field] = rawHeaders[at + 1] ?? "";
    }
  }
  return found;
}

/** All values of a header, in order. */
export function headerValues(rawHeaders: readonly string[], lowerName: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === lowerName) values.push(rawHeaders[at + 1] ?? "");
  }
  return values;
}
