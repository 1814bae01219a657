/** A live server over real TLS for tests, and a client that sends exactly the bytes a test wants. */
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { issueAuthority, issueServer, type KeyPair } from "@kubemetrics/x509";
import { delegatedAuthorizer } from "@kubemetrics/authorization";
import type { Authenticator } from "@kubemetrics/authentication";
import {
  createExtensionServer,
  type Clock,
  type ExtensionServer,
  type ExtensionServerOptions,
  type Log,
} from "@kubemetrics/apiservice";

export const authority: KeyPair = issueAuthority({ commonName: "serving-ca" });
export const serving: KeyPair = issueServer(authority, {
  commonName: "localhost",
  dnsNames: ["localhost"],
  ipAddresses: ["127.0.0.1"],
});

/** Everybody is a member of `system:masters`. */
export const masters: Authenticator = {
  authenticate: ({ rawHeaders }) => ({
    kind: "authenticated",
    user: { name: "admin", uid: "", groups: ["system:masters"], extra: new Map() },
    headers: rawHeaders,
  }),
};

export const anonymous: Authenticator = {
  authenticate: ({ rawHeaders }) => ({
    kind: "authenticated",
    user: { name: "system:anonymous", uid: "", groups: ["system:unauthenticated"], extra: new Map() },
    headers: rawHeaders,
  }),
};

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class MemoryLog implements Log {
  readonly lines: LogLine[] = [];
  info(fields: object, message: string): void {
    this.lines.push({ level: "info", message, fields: { ...fields } });
  }
  warn(fields: object, message: string): void {
    this.lines.push({ level: "warn", message, fields: { ...fields } });
  }
  error(fields: object, message: string): void {
    this.lines.push({ level: "error", message, fields: { ...fields } });
  }
}

/** Time that passes when the test says so. */
export class ManualClock implements Clock {
  ms = Date.UTC(2026, 2, 1, 12);
  readonly #waiting = new Map<() => void, number>();

  now(): number {
    return this.ms;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.#waiting.set(callback, this.ms + delayMs);
    return () => this.#waiting.delete(callback);
  }

  advance(byMs: number): void {
    this.ms += byMs;
    for (const [callback, dueMs] of this.#waiting) {
      if (dueMs > this.ms) continue;
      this.#waiting.delete(callback);
      callback();
    }
  }
}

export interface TestServer extends AsyncDisposable {
  readonly server: ExtensionServer;
  readonly port: number;
  readonly log: MemoryLog;
}

export async function startServer(options: Partial<ExtensionServerOptions> = {}): Promise<TestServer> {
  const log = new MemoryLog();
  const server = createExtensionServer({
    groups: [],
    authenticator: masters,
    authorizer: delegatedAuthorizer({}),
    tls: serving,
    log,
    ...options,
  });
  const { port } = await server.listen(0, "127.0.0.1");
  return { server, port, log, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export interface Answer {
  readonly status: number;
  /** Lower-case names; repeated ones joined with ` || `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly text: string;
}

/** A connection over which raw requests are written one after another. */
export class RawClient {
  readonly socket: TLSSocket;
  #received = Buffer.alloc(0);
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake?.();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake?.();
    });
  }

  static async connect(port: number, client?: KeyPair, options: ConnectionOptions = {}): Promise<RawClient> {
    const credentials = client === undefined ? {} : { cert: client.certificatePem, key: client.keyPem };
    const socket = connect({
      port,
      host: "127.0.0.1",
      ca: authority.certificatePem,
      servername: "localhost",
      ...credentials,
      ...options,
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    await promise;
    return new RawClient(socket);
  }

  write(text: string | Uint8Array): void {
    this.socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
  }

  /** Until it has left this process. */
  async written(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.socket.write(text, "latin1", () => resolve());
    await promise;
  }

  /** The next answer; `undefined` when the connection ended without one. */
  async answer(isHead = false): Promise<Answer | undefined> {
    for (;;) {
      const parsed = takeAnswer(this.#received, isHead, this.#isClosed);
      if (parsed !== undefined) {
        this.#received = this.#received.subarray(parsed.length);
        return parsed.answer;
      }
      if (this.#isClosed) return undefined;
      await this.#more();
    }
  }

  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#more();
  }

  /** Text received and not taken by `answer`, once it contains `part`. */
  async textWith(part: string): Promise<string> {
    while (!this.#received.includes(part) && !this.#isClosed) await this.#more();
    return this.#received.toString("utf8");
  }

  end(): void {
    this.socket.destroy();
  }

  #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}

function takeAnswer(bytes: Buffer, isHead: boolean, isClosed: boolean): { answer: Answer; length: number } | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]} || ${value}`;
  }
  const status = Number(statusLine.split(" ")[1]);
  const start = headEnd + 4;
  const finish = (body: Buffer, end: number): { answer: Answer; length: number } => ({
    answer: { status, headers, body, text: body.toString("utf8") },
    length: end,
  });
  if (isHead || status === 304 || status < 200) return finish(Buffer.alloc(0), start);
  if (headers["transfer-encoding"] === "chunked") return takeChunked(bytes, start, finish);
  const length = headers["content-length"];
  if (length === undefined) return isClosed ? finish(bytes.subarray(start), bytes.length) : undefined;
  const end = start + Number(length);
  return bytes.length < end ? undefined : finish(bytes.subarray(start, end), end);
}

function takeChunked<T>(bytes: Buffer, start: number, finish: (body: Buffer, end: number) => T): T | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, line), 16);
    if (bytes.length < line + 2 + size + 2) return undefined;
    chunks.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
    if (size === 0) return finish(Buffer.concat(chunks), at);
  }
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly client?: KeyPair;
  /** What the server is verified by, and for. */
  readonly ca?: string;
  readonly servername?: string;
}

/** One request on a connection of its own. Header values are sent as UTF-8 bytes. */
export async function ask(port: number, target: string, options: AskOptions = {}): Promise<Answer> {
  const {
    method = "GET",
    headers = [],
    body,
    client,
    ca = authority.certificatePem,
    servername = "localhost",
  } = options;
  const connection = await RawClient.connect(port, client, { ca, servername });
  const lines = [`${method} ${target} HTTP/1.1`, "Host: localhost", "Connection: close"];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  connection.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`));
  const answer = await connection.answer(method === "HEAD");
  connection.end();
  if (answer === undefined) throw new Error(`${method} ${target}: the connection ended without an answer`);
  return answer;
}

/** Memory in use after collecting garbage, by this whole process. */
export function collectedBytes(): () => number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
}
