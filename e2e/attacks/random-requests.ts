/** Requests that are nearly right, and then less and less so. */

/** A seed gives the same requests again. */
export class Randomness {
  readonly #state: Uint32Array;

  /** @param seed - 16 bytes or more */
  constructor(seed: Uint8Array) {
    this.#state = new Uint32Array(seed.slice(0, 16).buffer);
  }

  /** Of 0 … `below` - 1. (xoshiro128**) */
  below(below: number): number {
    const s = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = s;
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    s[2] = c ^ a;
    s[3] = d ^ b;
    s[1] = b ^ (c ^ a);
    s[0] = a ^ (d ^ b);
    s[2] = (s[2] ?? 0) ^ shifted;
    s[3] = rotated(s[3] ?? 0, 11);
    return Math.floor((result / 2 ** 32) * below);
  }

  isOneIn(many: number): boolean {
    return this.below(many) === 0;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  several<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}

function rotated(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

// HEAD is left out: without its request, its answer cannot be told from one whose body is missing.
const methods = ["GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE"];
const oddMethods = ["OPTIONS", "TRACE", "CONNECT", "PROPFIND", "PRI", "get", "M-SEARCH"];
const heads = [
  "/apis/g.io/v1/namespaces/n/things",
  "/apis/g.io/v1/things",
  "/apis/g.io/v1",
  "/apis",
  "/openapi/v2",
  "/openapi/v3",
  "/readyz",
  "/metrics",
  "/",
  "http://x/apis",
  "//x",
];
const oddPieces = [" ", "\t", "\\", "%00", "%zz", "%", "\xff", "#", "/\xc3\xbc"];
const pieces = [
  "/a",
  "/b",
  "/",
  "//",
  "/..",
  "%2f",
  "/watch",
  "/proxy",
  "/status",
  "/namespaces",
  "/__proto__",
  "?",
  "&",
  ";",
  "=",
  "+",
];
const queries = [
  "watch=1",
  "watch",
  "timeoutSeconds=1",
  "timeout=1ms",
  "timeout=x",
  "limit=1",
  "limit=-9",
  "continue=x",
  "pretty=1",
  "labelSelector=a%3Db",
  "labelSelector=a%20in%20(b",
  "fieldSelector=metadata.name%3Da",
  "fieldSelector=x",
  "resourceVersion=0",
  "resourceVersion=x",
  "resourceVersionMatch=Exact",
  "sendInitialEvents=true",
  "dryRun=All",
  "dryRun=x",
  "includeObject=None",
  "hash=1",
  "verbose",
  "exclude=ping",
  "fieldValidation=Strict",
  "__proto__=1",
];
/** These change what a request is. */
const structural = ["Connection", "Content-Length", "Expect", "Host", "Trailer", "Transfer-Encoding", "Upgrade"];
const names = [
  "Accept",
  "Accept-Encoding",
  "Authorization",
  "Audit-ID",
  "Content-Type",
  "Content-Encoding",
  "Cookie",
  "If-None-Match",
  "If-Modified-Since",
  "Impersonate-User",
  "Range",
  "TE",
  "User-Agent",
  "Via",
  "Warning",
  "X-Forwarded-For",
  "X-Remote-User",
  "X-Remote-Group",
  "X-Remote-Extra-a%2F",
  "Sec-WebSocket-Protocol",
  "__proto__",
  "constructor",
];
const values = [
  "",
  "*/*",
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/json;as=Table;g=meta.k8s.io;v=v1",
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
  "gzip",
  "chunked",
  "identity",
  "close",
  "keep-alive",
  "websocket",
  "h2c",
  "100-continue",
  "Bearer good",
  "Bearer x",
  "Basic eDp5",
  "u",
  "system:masters",
  "0",
  "5",
  "99999999999",
  "-1",
  "bytes=0-1",
  '"x"',
  "*",
  ",",
  ";q=",
  "\xff\xfe",
  "a\tb",
  "curl/8",
  "Mozilla/5.0",
  "__proto__",
];
const bodies = [
  "",
  "{}",
  "[]",
  "null",
  "x",
  '{"kind":"Thing","apiVersion":"g.io/v1","metadata":{"name":"a"}}',
  '{"kind":"Thing","apiVersion":"g.io/v1","metadata":{"generateName":"a-","labels":{"a":"b"}},"spec":{"x":1e3}}',
  '[{"op":"add","path":"/x","value":1}]',
  '[{"op":"test","path":"/metadata/name","value":"b"}]',
  '{"metadata":{"labels":null}}',
  '{"__proto__":{"a":1}}',
  '{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"x"}}',
  '{"a":1e999}',
  '{"a":"\\ud800"}',
  "[".repeat(600),
  '"\xff"',
];

/** One to five requests for one connection, as bytes. */
export function randomRequests(random: Randomness): Buffer {
  const requests = Array.from({ length: 1 + random.below(5) }, () => request(random));
  let bytes: Buffer = Buffer.from(requests.join(""), "latin1");
  while (random.isOneIn(5)) bytes = damaged(bytes, random);
  return bytes;
}

function request(random: Randomness): string {
  const method = random.of(random.isOneIn(15) ? oddMethods : methods);
  const query = random.isOneIn(2) ? `?${random.several(3, () => random.of(queries)).join("&")}` : "";
  const target = `${random.of(heads)}${random.several(2, () => random.of(random.isOneIn(15) ? oddPieces : pieces)).join("")}${query}`;
  const lines = [`${method} ${target} HTTP/1.${random.isOneIn(20) ? 0 : 1}`, "Host: x"];
  if (!random.isOneIn(8)) lines.push(`X-Remote-User: ${random.of(["u", "v", "w"])}`);
  for (const name of random.several(4, () => random.of(random.isOneIn(25) ? structural : names)))
    lines.push(`${name}: ${random.of(values)}`);
  const body = method === "GET" && !random.isOneIn(10) ? "" : random.of(bodies);
  if (body === "") return `${lines.join("\r\n")}\r\n\r\n`;
  if (random.isOneIn(3)) {
    lines.push("Transfer-Encoding: chunked");
    return `${lines.join("\r\n")}\r\n\r\n${chunked(body, random)}`;
  }
  lines.push(`Content-Length: ${random.isOneIn(20) ? random.below(99) : body.length}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function chunked(body: string, random: Randomness): string {
  const cut = random.below(body.length + 1);
  const parts = [body.slice(0, cut), body.slice(cut)].filter((part) => part !== "");
  return `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n\r\n`;
}

function damaged(bytes: Buffer, random: Randomness): Buffer {
  const at = random.below(bytes.length + 1);
  const length = random.below(Math.min(40, bytes.length + 1 - at));
  const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
  const noise = (): Buffer => Buffer.from(random.several(6, () => random.below(256)));
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([before, noise(), after]);
    case 1:
      return Buffer.concat([before, middle, middle, after]);
    case 2:
      return Buffer.concat([before, after]);
    case 3:
      return Buffer.from(before);
    case 4:
      return Buffer.concat([
        before,
        Buffer.from(random.of(["\r", "\n", "\r\n", "\0", " ", ":", "\t", "\r\n\r\n"])),
        middle,
        after,
      ]);
    default:
      return Buffer.concat([before, middle, noise(), after]);
  }
}
