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

async function run(order: LoadOrder): Promise<LoadDone> {
  const askers = await Promise.all(Array.from({ length: order.connections }, (_, at) => Asker.connect(order, at)));
  const { durationMs } = order;
  const from = performance.now();
  const end = durationMs === undefined ? from : from + durationMs;
  const stayAwake = poll();
  await Promise.all(askers.map((asker) => asker.askUntil(end)));
  stayAwake();
  const elapsedMs = performance.now() - from;
  let requests = 0;
  for (const asker of askers) requests += asker.answers;
  for (const asker of askers) asker.close();
  return { requests, elapsedMs };
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
  readonly #request: Buffer;
  readonly #bodyBytes: number;
  answers = 0;

  private constructor(socket: TLSSocket, request: Buffer, bodyBytes: number) {
    this.#socket = socket;
    this.#request = request;
    this.#bodyBytes = bodyBytes;
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
      `GET ${order.path} HTTP/1.1`,
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
    return new Asker(socket, Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), order.bodyBytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Once at least. The answers of one path have one length: the first is read, the others are counted. */
  askUntil(endMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let first = Buffer.alloc(0);
    let answerBytes = 0;
    let received = 0;
    this.#socket.on("error", reject);
    this.#socket.on("close", () => reject(new Error("the server closed the connection")));
    this.#socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (answerBytes === 0) {
        first = Buffer.concat([first, chunk]);
        const head = first.indexOf("\r\n\r\n");
        if (head < 0) return;
        this.#check(first.toString("latin1", 0, head));
        answerBytes = head + 4 + this.#bodyBytes;
      }
      if (received < answerBytes) return;
      if (received > answerBytes) return reject(new Error(`${received} bytes instead of ${answerBytes}`));
      received = 0;
      this.answers++;
      if (performance.now() < endMs) this.#socket.write(this.#request);
      else resolve();
    });
    this.#socket.write(this.#request);
    return promise;
  }

  #check(head: string): void {
    if (!head.startsWith("HTTP/1.1 200 ") || !head.toLowerCase().includes(`\r\ncontent-length: ${this.#bodyBytes}`)) {
      throw new Error(`unexpected answer: ${head}`);
    }
  }
}
