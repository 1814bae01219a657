/** Paths and queries as Go's `net/url` writes them. */

/** A decoded path with the escapes Go uses: everything but letters, digits and `-_.~$&+,/:;=@`. */
export function goEscapePath(path: string): string {
  return encodeURIComponent(path)
    .replace(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent)
    .replace(/[!*'()]/g, percent);
}

/** A query with its keys sorted, each key's values in their order. */
export function goEncodeQuery(query: URLSearchParams): string {
  const pairs = [...query].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return pairs.map(([key, value]) => `${goEscapeQuery(key)}=${goEscapeQuery(value)}`).join("&");
}

function goEscapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!*'()]/g, percent)
    .replaceAll("%20", "+");
}

/** Part of a header name: every byte that may not stand in one, and `%` itself, as `%XX`. */
export function goEscapeHeaderName(text: string): string {
  let escaped = "";
  for (const byte of Buffer.from(text)) {
    const char = String.fromCharCode(byte);
    const isSafe = /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(char);
    escaped += isSafe ? char : percentOfByte(byte);
  }
  return escaped;
}

function percent(char: string): string {
  return percentOfByte(char.charCodeAt(0));
}

function percentOfByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
