/** Asks over connections that are kept, each request after the answer to the one before. Costs less than what it asks. */
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import type { LoadDone, LoadOrder } from "./messages.ts";

process.on("message", (order: LoadOrder) => {
  void run(order).then(
    (done) => process.send?.(done),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once("disconnect", () => process.exit());

/** Warm connections, by the port of their server and their number; forgotten with the first that is closed. */
const kept = new Map<string, readonly Asker[]>();

async function run(order: LoadOrder): Promise<LoadDone> {
  const askers = await connected(order);
  const { durationMs } = order;
  const before = answersOf(askers);
  const from = performance.now();
  const end = durationMs === undefined ? from : from + durationMs;
  const stayAwake = poll();
  await Promise.all(askers.map((asker) => asker.askUntil(order, end)));
  stayAwake();
  const elapsedMs = performance.now() - from;
  if (!order.keepsConnections) for (const asker of askers) asker.close();
  return { requests: answersOf(askers) - before, elapsedMs };
}

async function connected(order: LoadOrder): Promise<readonly Asker[]> {
  const key = `${order.port} ${order.connections}`;
  const warm = order.keepsConnections ? kept.get(key) : undefined;
  if (warm !== undefined) return warm;
  const askers = await Promise.all(Array.from({ length: order.connections }, (_, at) => Asker.connect(order, at)));
  if (order.keepsConnections) {
    kept.set(key, askers);
    for (const asker of askers) asker.onClose(() => kept.delete(key));
  }
  return askers;
}

function answersOf(askers: readonly Asker[]): number {
  let answers = 0;
  for (const asker of askers) answers += asker.answers;
  return answers;
}

/**
 * Looks for answers without ever sleeping, until called. A load that sleeps between answers lets the server pay for waking it up with each
 * one, on a virtual machine more than for the answer itself, and only the slower of two servers.
 */
function poll(): () => void {
  let isDone = false;
  const again = (): void => {
    if (!isDone) setImmediate(again);
  };
  again();
  return () => {
    isDone = true;
  };
}

class Asker {
  readonly #socket: TLSSocket;
  readonly #headers: string;
  answers = 0;

  private constructor(socket: TLSSocket, headers: string) {
    this.#socket = socket;
    this.#headers = headers;
  }

  static async connect(order: LoadOrder, at: number): Promise<Asker> {
    const socket = connect({
      port: order.port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: order.caPem,
      cert: order.client.certificatePem,
      key: order.client.keyPem,
    });
    await once(socket, "secureConnect");
    const lines = [
      "Host: localhost",
      "User-Agent: kubectl/v1.37.2 (linux/amd64) kubernetes/abcdefg",
      "Accept: application/json",
      "Accept-Encoding: identity",
      "X-Forwarded-For: 10.0.0.1",
      `X-Remote-User: user-${at % order.users}`,
      "X-Remote-Group: developers",
      "X-Remote-Group: system:authenticated",
      "X-Remote-Extra-Scopes: view",
    ];
    return new Asker(socket, lines.join("\r\n"));
  }

  onClose(callback: () => void): void {
    this.#socket.once("close", callback);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Once at least. The answers of one path have one length: the first is read, the others are counted. */
  async askUntil({ path, bodyBytes }: LoadOrder, endMs: number): Promise<void> {
    const request = Buffer.from(`GET ${path} HTTP/1.1\r\n${this.#headers}\r\n\r\n`);
    if (this.#socket.destroyed) throw new Error("the server closed a connection between two turns");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let first = Buffer.alloc(0);
    let answerBytes = 0;
    let received = 0;
    const closed = (): void => reject(new Error("the server closed the connection"));
    const read = (chunk: Buffer): void => {
      received += chunk.length;
      if (answerBytes === 0) {
        first = Buffer.concat([first, chunk]);
        const head = first.indexOf("\r\n\r\n");
        if (head < 0) return;
        check(first.toString("latin1", 0, head), bodyBytes);
        answerBytes = head + 4 + bodyBytes;
      }
      if (received < answerBytes) return;
      if (received > answerBytes) return reject(new Error(`${received} bytes instead of ${answerBytes}`));
      received = 0;
      this.answers++;
      if (performance.now() < endMs) this.#socket.write(request);
      else resolve();
    };
    this.#socket.on("error", reject).on("close", closed).on("data", read);
    this.#socket.write(request);
    await promise;
    this.#socket.off("error", reject).off("close", closed).off("data", read);
  }
}

function check(head: string, bodyBytes: number): void {
  if (!head.startsWith("HTTP/1.1 200 ") || !head.toLowerCase().includes(`\r\ncontent-length: ${bodyBytes}`)) {
    throw new Error(`unexpected answer: ${head}`);
  }
}
