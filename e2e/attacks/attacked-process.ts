/** The attacked server in a process of its own, so that its memory, its log and its death can be seen. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { issueAuthority, issueClient, issueServer, type KeyPair } from "@kubemetrics/x509";
import type { ServerOrder, ServerReady, ServerState } from "./messages.ts";

const servingCa = issueAuthority({ commonName: "serving-ca" });
const userCa = issueAuthority({ commonName: "cluster-ca" });
const proxyCa = issueAuthority({ commonName: "front-proxy-ca" });
export const bob: KeyPair = issueClient(userCa, { commonName: "bob" });
export const proxy: KeyPair = issueClient(proxyCa, { commonName: "front-proxy-client" });

/** Plays kube-apiserver: answers each connection's requests as it is told. */
export type Conduct = (socket: Socket, request: string) => void;

export class AttackedProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #kubeApiserver: Server;
  readonly #sockets: ReadonlySet<Socket>;
  /** May be changed at any time. */
  conduct: Conduct = allowing;

  private constructor(port: number, child: ChildProcess, kubeApiserver: Server, sockets: ReadonlySet<Socket>) {
    this.port = port;
    this.#child = child;
    this.#kubeApiserver = kubeApiserver;
    this.#sockets = sockets;
  }

  static async start(options: { readonly reviewTimeoutMs?: number } = {}): Promise<AttackedProcess> {
    const running: { process?: AttackedProcess } = {};
    const sockets = new Set<Socket>();
    const kubeApiserver = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
      let received = "";
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1");
        const head = received.indexOf("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
        if (head < 0 || received.length < head + 4 + length) return;
        const request = received;
        received = "";
        running.process?.conduct(socket, request);
      });
    });
    kubeApiserver.listen(0, "127.0.0.1");
    await once(kubeApiserver, "listening");
    const { port: apiPort } = kubeApiserver.address() as { port: number };
    const child = fork(new URL("server.ts", import.meta.url), {
      execArgv: ["--conditions=kubemetrics-source", "--disable-warning=ExperimentalWarning", "--expose-gc"],
      // glibc gives freed memory back: what is left is what is in use.
      env: { ...process.env, MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "65536", MALLOC_MMAP_THRESHOLD_: "65536" },
    });
    const order: ServerOrder = {
      serving: issueServer(servingCa, { commonName: "localhost", dnsNames: ["localhost"], ipAddresses: [] }),
      userCaPem: userCa.certificatePem,
      proxyCaPem: proxyCa.certificatePem,
      kubeApiserver: `http://127.0.0.1:${apiPort}`,
      reviewTimeoutMs: options.reviewTimeoutMs ?? 10_000,
    };
    child.send(order);
    const [{ port }] = (await once(child, "message")) as [ServerReady];
    running.process = new AttackedProcess(port, child, kubeApiserver, sockets);
    return running.process;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async state(): Promise<ServerState> {
    const answer = once(this.#child, "message");
    this.#child.send("state");
    const [state] = (await answer) as [ServerState];
    return state;
  }

  /** The state once every connection is gone. */
  async quiet(): Promise<ServerState> {
    for (;;) {
      const state = await this.state();
      if (state.connections === 0) return state;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async connect(pair?: KeyPair): Promise<TLSSocket> {
    const socket = connectTls({
      port: this.port,
      host: "127.0.0.1",
      ca: servingCa.certificatePem,
      servername: "localhost",
      ...(pair === undefined ? {} : { cert: pair.certificatePem, key: pair.keyPem }),
    });
    await once(socket, "secureConnect");
    return socket.on("error", () => undefined);
  }

  /** One request on a connection of its own: the whole answer as text. */
  async ask(target: string, pair?: KeyPair, headers = ""): Promise<string> {
    const socket = await this.connect(pair);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`);
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, "exit");
    if (this.isAlive) {
      this.#child.disconnect();
      await gone;
    }
    for (const socket of this.#sockets) socket.destroy();
    this.#kubeApiserver.close();
  }
}

/** Allows everything, and knows the token `good`. */
export function allowing(socket: Socket, request: string): void {
  const kind = request.includes('"kind":"TokenReview"') ? "TokenReview" : "SubjectAccessReview";
  const isGood = request.includes('"token":"good"');
  const status = kind === "TokenReview" ? { authenticated: isGood, user: { username: "holder" } } : { allowed: true };
  socket.write(httpAnswer("201 Created", JSON.stringify({ kind, status })));
}

export function httpAnswer(status: string, body: string, headers = "Content-Type: application/json\r\n"): string {
  return `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
