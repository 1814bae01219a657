/** The API group behind a real extension server on loopback, and raw requests to it. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";
import {
  type ApiGroup,
  createExtensionServer,
  type ExtensionServer,
  type ExtensionServerOptions,
} from "@kubemetrics/apiservice";
import type { Authenticator } from "@kubemetrics/authentication";
import { issueAuthority, issueServer, type KeyPair } from "@kubemetrics/x509";

export interface RawRequest {
  readonly method: string;
  /** The request target, as on the request line. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

/** A client certificate with its key, PEM. */
export interface ClientPair {
  readonly cert: string;
  readonly key: string;
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
  readonly #agents = new Map<ClientPair | undefined, Agent>();

  private constructor(server: ExtensionServer, port: number) {
    this.#server = server;
    this.#port = port;
  }

  /** Unless the options say otherwise, everybody may do everything. */
  static async start(group: ApiGroup, options: Partial<ExtensionServerOptions> = {}): Promise<LiveServer> {
    const quiet = (): void => undefined;
    const server = createExtensionServer({
      groups: [group],
      authenticator: everybody,
      authorizer: { authorize: () => ({ kind: "allow", reason: "" }) },
      tls: serving,
      // As the recorded server said of itself.
      serverAddress: ":10250",
      discoveryVersions: ["v2"],
      log: { info: quiet, warn: quiet, error: quiet },
      ...options,
    });
    const { port } = await server.listen(0, "127.0.0.1");
    return new LiveServer(server, port);
  }

  /** The target and the headers are sent as they are, with `Host` and nothing else. */
  async ask({ method, target, headers, body }: RawRequest, client?: ClientPair): Promise<RawAnswer> {
    const asked = request({
      agent: this.#agent(client),
      host: "127.0.0.1",
      servername: "localhost",
      port: this.#port,
      method,
      path: target,
      headers: ["Host", "metrics-server.kube-system.svc", ...headers.flat().map(asBytes)],
    });
    asked.end(body);
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const received = new Map<string, string>();
    for (let at = 0; at < response.rawHeaders.length; at += 2) {
      const name = response.rawHeaders[at]?.toLowerCase() ?? "";
      const value = response.rawHeaders[at + 1] ?? "";
      received.set(name, received.has(name) ? `${received.get(name)} || ${value}` : value);
    }
    return { status: response.statusCode ?? 0, headers: received, body: await buffer(response) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents.values()) agent.destroy();
    await this.#server[Symbol.asyncDispose]();
  }

  #agent(client: ClientPair | undefined): Agent {
    let agent = this.#agents.get(client);
    if (agent === undefined) {
      agent = new Agent({ keepAlive: true, maxSockets: 2, ca: authority.certificatePem, ...client });
      this.#agents.set(client, agent);
    }
    return agent;
  }
}

const everybody: Authenticator = {
  authenticate: ({ rawHeaders }) => ({
    kind: "authenticated",
    user: { name: "reader", uid: "", groups: [], extra: new Map() },
    headers: rawHeaders,
  }),
};

/** Node writes header texts as latin-1; the recorded client sent UTF-8. */
function asBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
