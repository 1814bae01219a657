/** Requests that are nearly right, and then less and less so. */
import {
  bodies,
  heads,
  hosts,
  methods,
  names,
  oddHeads,
  oddLines,
  oddMethods,
  oddPieces,
  pieces,
  queries,
  structural,
  values,
  versions,
} from "./random-words.ts";

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

/** One to five requests for one connection, now and then behind a hundred good ones, as bytes. */
export function randomRequests(random: Randomness): Buffer {
  const requests = Array.from({ length: 1 + random.below(5) }, () => request(random));
  if (random.isOneIn(20)) requests.unshift(goodRequest.repeat(random.below(150)));
  let bytes: Buffer = Buffer.from(requests.join(""), "latin1");
  while (random.isOneIn(5)) bytes = damaged(bytes, random);
  return bytes;
}

const goodRequest = "GET /apis HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\n\r\n";

function request(random: Randomness): string {
  const method = random.of(random.isOneIn(15) ? oddMethods : methods);
  const query = random.isOneIn(2) ? `?${random.several(3, () => random.of(queries)).join("&")}` : "";
  const head = random.of(random.isOneIn(10) ? oddHeads : heads);
  const target = `${head}${random.several(2, () => random.of(random.isOneIn(15) ? oddPieces : pieces)).join("")}${query}`;
  const lines = [`${method} ${target} HTTP/${random.isOneIn(15) ? random.of(versions) : "1.1"}`];
  if (!random.isOneIn(40)) lines.push(`Host: ${random.isOneIn(8) ? random.of(hosts) : "x"}`);
  if (!random.isOneIn(8)) lines.push(`X-Remote-User: ${random.of(["u", "v", "w"])}`);
  if (random.isOneIn(8)) lines.push(random.of(oddLines));
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
