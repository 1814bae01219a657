/** An HTTPS server that answers who it takes the caller for, and clients with certificates of their own. */
import { constants, type X509Certificate } from "node:crypto";
import { once } from "node:events";
import { Agent, createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Authenticator } from "@kubemetrics/authentication";
import { issueAuthority, issueServer, type KeyPair } from "@kubemetrics/x509";

const servingCa = issueAuthority({ commonName: "serving-ca" });
const serving = issueServer(servingCa, { commonName: "server", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] });

export interface LiveServer {
  readonly port: number;
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

/** The handshake asks for a certificate and judges nothing. */
export async function startServer(authenticator: Authenticator): Promise<LiveServer> {
  const chains = new WeakMap<TLSSocket, readonly Uint8Array[]>();
  let connections = 0;
  const server = createServer(
    {
      cert: serving.certificatePem,
      key: serving.keyPem,
      requestCert: true,
      rejectUnauthorized: false,
      ca: [],
      secureOptions: constants.SSL_OP_NO_TICKET,
      maxHeaderSize: 1 << 20,
    },
    (incoming, answer) => {
      const socket = incoming.socket as TLSSocket;
      const peerChain = chains.get(socket) ?? presented(socket);
      chains.set(socket, peerChain);
      void Promise.resolve(authenticator.authenticate({ peerChain, rawHeaders: incoming.rawHeaders })).then(
        (result) => {
          if (result.kind === "refused") return answer.writeHead(401).end();
          const { name, groups } = result.user;
          return answer.end(
            JSON.stringify([
              name,
              groups,
              result.headers.filter((line, index) => index % 2 === 0 && /remote|auth/i.test(line)),
            ]),
          );
        },
      );
    },
  );
  server.maxHeadersCount = 0;
  server.on("secureConnection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function presented(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  for (; certificate !== undefined; certificate = certificate.issuerCertificate) chain.push(certificate.raw);
  return chain;
}

/** A client that keeps its one connection. `chain`: what it presents, its own certificate first. */
export class Client {
  readonly #agent: Agent;
  readonly #port: number;

  constructor(server: LiveServer, chain: readonly KeyPair[] = []) {
    this.#port = server.port;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 1,
      ca: servingCa.certificatePem,
      ...(chain[0] === undefined
        ? {}
        : { cert: chain.map(({ certificatePem }) => certificatePem).join(""), key: chain[0].keyPem }),
    });
  }

  /** `alice dev,system:authenticated`, or the status. */
  async get(headers: readonly string[] = []): Promise<string> {
    const sent = request({
      host: "127.0.0.1",
      port: this.#port,
      agent: this.#agent,
      headers: ["Host", "localhost", ...headers],
    });
    sent.end();
    const [answer] = (await once(sent, "response")) as [NodeJS.ReadableStream & { statusCode: number }];
    let body = "";
    for await (const chunk of answer) body += String(chunk);
    if (answer.statusCode !== 200) return String(answer.statusCode);
    const [name, groups, left] = JSON.parse(body) as [string, string[], string[]];
    return [name, groups.join(","), ...left].join(" ");
  }

  close(): void {
    this.#agent.destroy();
  }
}
