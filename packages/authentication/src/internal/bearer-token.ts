/** Finds bearer tokens in request headers. */
import { headerText } from "./header-text.ts";
import { trimmed, trimmedOf } from "./header-lines.ts";

/** `undefined` everywhere: the request carries no token. */
export interface TokenFinding {
  readonly token: string | undefined;
  /** Why the request is wrong. */
  readonly fault?: string;
  /** Text for a `Warning` response header. */
  readonly warning?: string;
  /** What to put in place of the header that carried the token. */
  readonly replacement?: { readonly name: string; readonly value: string };
}

const none: TokenFinding = { token: undefined };
const extraSpace: TokenFinding = {
  token: undefined,
  warning: "the provided Authorization header contains extra space before the bearer token, and is ignored",
};
/** `authorization`: the *first* Authorization header; others are not looked at. */
export function bearerToken(authorization: string | undefined): TokenFinding {
  if (authorization === undefined || authorization === "") return none;
  const [scheme = "", token, ...rest] = trimmedOf(headerText(authorization), isGoSpace).split(" ", 3);
  if (token === undefined || scheme.toLowerCase() !== "bearer") return none;
  if (token === "") return rest.length > 0 ? extraSpace : none;
  return { token };
}

const protocolHeader = "sec-websocket-protocol";
const tokenPrefix = "base64url.bearer.authorization.k8s.io.";
/** Clients offer a handful; a megabyte of commas would be a million. */
const mostProtocols = 1000;

/** A token that a browser passes as a WebSocket subprotocol, because it cannot set headers. */
export function webSocketToken(rawHeaders: readonly string[]): TokenFinding {
  if ((valuesOf(rawHeaders, "upgrade")[0] ?? "").toLowerCase() !== "websocket") return none;
  if (!valuesOf(rawHeaders, "connection").some((value) => value.toLowerCase().includes("upgrade"))) return none;
  const protocols = valuesOf(rawHeaders, protocolHeader).flatMap((value) => value.split(",", mostProtocols));
  if (!protocols.some((protocol) => protocol.includes(tokenPrefix))) return none;
  if (protocols.length >= mostProtocols) return { token: undefined, fault: "too many WebSocket subprotocols" };
  const others: string[] = [];
  let encoded: string | undefined;
  for (const protocol of protocols) {
    const name = trimmedOf(protocol, isGoSpace);
    if (!name.startsWith(tokenPrefix)) others.push(name);
    else if (encoded !== undefined)
      return { token: undefined, fault: "more than one WebSocket subprotocol carries a token" };
    else encoded = name.slice(tokenPrefix.length);
  }
  if (encoded === undefined || encoded === "") return none;
  const token = decoded(encoded);
  if (token === undefined) {
    return {
      token: undefined,
      fault: "the WebSocket subprotocol with the token is not base64url of UTF-8 without padding",
    };
  }
  if (others.length === 0) {
    return { token: undefined, fault: "the WebSocket request offers no subprotocol besides the one with the token" };
  }
  return { token, replacement: { name: protocolHeader, value: others.join(",") } };
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if ((rawHeaders[index] ?? "").toLowerCase() === name) values.push(trimmed(rawHeaders[index + 1] ?? ""));
  }
  return values;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(base64url: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(base64url) || base64url.length % 4 === 1) return undefined;
  try {
    return strict.decode(Buffer.from(base64url, "base64url"));
  } catch {
    return undefined;
  }
}

/** White space as Go's unicode.IsSpace has it; JavaScript's `trim` takes U+FEFF too and leaves U+0085. */
function isGoSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return (
    (code >= 0x2000 && code <= 0x200a) || [0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000].includes(code)
  );
}
