/** The API group behind a real extension server on loopback, and raw requests to it. */
import { connect } from "node:tls";
import { type ApiGroup, createExtensionServer, type ExtensionServer } from "@kubemetrics/apiservice";
import { issueAuthority, issueServer, type KeyPair } from "@kubemetrics/x509";

export interface RawRequest {
  readonly method: string;
  /** The request target, as on the request line. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; several values joined with ` || `. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const authority: KeyPair = issueAuthority({ commonName: "serving-ca" });
const serving: KeyPair = issueServer(authority, {
  commonName: "localhost",
  dnsNames: ["localhost"],
  ipAddresses: ["127.0.0.1"],
});

export class LiveServer implements AsyncDisposable {
  readonly #server: ExtensionServer;
  readonly #port: number;

  private constructor(server: ExtensionServer, port: number) {
    this.#server = server;
    this.#port = port;
  }

  /** Everybody may do everything. */
  static async start(group: ApiGroup): Promise<LiveServer> {
    const quiet = (): void => undefined;
    const server = createExtensionServer({
      groups: [group],
      authenticator: {
        authenticate: ({ rawHeaders }) => ({
          kind: "authenticated",
          user: { name: "reader", uid: "", groups: [], extra: new Map() },
          headers: rawHeaders,
        }),
      },
      authorizer: { authorize: () => ({ kind: "allow", reason: "" }) },
      tls: serving,
      // As the recorded server said of itself.
      serverAddress: ":10250",
      discoveryVersions: ["v2"],
      log: { info: quiet, warn: quiet, error: quiet },
    });
    const { port } = await server.listen(0, "127.0.0.1");
    return new LiveServer(server, port);
  }

  async ask({ method, target, headers, body }: RawRequest): Promise<RawAnswer> {
    const lines = [`${method} ${target} HTTP/1.1`, "Host: metrics-server.kube-system.svc", "Connection: close"];
    for (const [name, value] of headers) lines.push(`${name}: ${value}`);
    if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
    const ca = authority.certificatePem;
    const socket = connect({ port: this.#port, host: "127.0.0.1", ca, servername: "localhost" });
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return answerOf(Buffer.concat(chunks));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}

function answerOf(bytes: Buffer): RawAnswer {
  const headEnd = bytes.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, Math.max(headEnd, 0)).split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)} || ${value}` : value);
  }
  if (headers.has("transfer-encoding")) throw new Error("answers are expected with Content-Length");
  return { status: Number(statusLine.split(" ")[1]), headers, body: bytes.subarray(headEnd + 4) };
}
