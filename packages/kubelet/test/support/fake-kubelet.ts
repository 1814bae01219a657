/** A kubelet's HTTPS server on loopback, with certificates made for the test. */
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { issueAuthority, issueClient, issueServer, type KeyPair } from "@kubemetrics/x509";
import { KubeletClient, type KubeletClientOptions, type KubeletEndpoint } from "../../src/index.ts";

export const authority: KeyPair = issueAuthority({ commonName: "cluster" });
export const otherAuthority: KeyPair = issueAuthority({ commonName: "cluster" });
export const clientCertificate: KeyPair = issueClient(authority, { commonName: "metrics", organizations: [] });

export const node = "node-1.nodes.example";

export const byName: KeyPair = issueServer(authority, { commonName: "x", dnsNames: [node], ipAddresses: [] });
export const byAddress: KeyPair = issueServer(authority, { commonName: "x", dnsNames: [], ipAddresses: ["127.0.0.1"] });

export interface FakeKubelet {
  readonly endpoint: KubeletEndpoint;
  /** Connections accepted so far. */
  readonly connections: () => number;
  /** Closes what is connected now; the server goes on. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface FakeKubeletOptions {
  /** `undefined`: plain HTTP. */
  readonly certificate?: KeyPair | undefined;
  readonly requestCert?: boolean;
  readonly host?: string;
}

/** Starts one; `answer` gets every request. */
export async function fakeKubelet(answer: RequestListener, options: FakeKubeletOptions = {}): Promise<FakeKubelet> {
  const { certificate = byAddress, host = "127.0.0.1" } = options;
  const isPlain = "certificate" in options && options.certificate === undefined;
  const server: Server = isPlain
    ? createPlainServer(answer)
    : createServer(
        {
          cert: certificate.certificatePem,
          key: certificate.keyPem,
          ca: authority.certificatePem,
          requestCert: options.requestCert === true,
          rejectUnauthorized: options.requestCert === true,
        },
        answer,
      );
  // As a kubelet does; Node's own default of 5 s is shorter than a scrape period.
  server.keepAliveTimeout = 90_000;
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = (): Promise<void> => {
    cut();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return {
    endpoint: { node, address: host, port, certificateNames: [host, node], resourcePath: "/metrics/resource" },
    connections: () => connections,
    cut,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A client that trusts the cluster's authority. */
export function trusting(options: Partial<KubeletClientOptions> = {}): KubeletClient {
  return new KubeletClient({ tls: () => ({ certificateAuthority: authority.certificatePem }), ...options });
}

export function text(body: Uint8Array): string {
  return Buffer.from(body).toString();
}
