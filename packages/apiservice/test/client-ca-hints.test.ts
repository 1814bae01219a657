import { connect as connectTcp, createServer, type AddressInfo } from "node:net";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import type { Trust } from "@kubemetrics/authentication";
import { issueAuthority, issueServer, parseBundle, type KeyPair } from "@kubemetrics/x509";
import {
  AttackedServer,
  bundle,
  callerOver,
  client,
  presenting,
  requestHeader,
  start,
} from "./attacks/attacked-server.ts";
import { ask, authority, startServer } from "./test-server.ts";

/** Before, Node loses the client's intermediate certificates when it sends hints. */
const sendsHints = Number(process.versions.node.split(".", 1)[0]) >= 26;
const clock = (): number => start;
const ca = (commonName: string): KeyPair => issueAuthority({ commonName, clock });
const [users, proxies, nextUsers, nextProxies] = [ca("users-1"), ca("proxies-1"), ca("users-2"), ca("proxies-2")];
const renewed = issueServer(authority, { commonName: "renewed", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] });

function trusting(clientCas: readonly KeyPair[], proxyCas: readonly KeyPair[]): Trust {
  return {
    clientAuthorities: clientCas.length === 0 ? undefined : bundle(...clientCas),
    requestHeader: proxyCas.length === 0 ? undefined : { ...requestHeader, authorities: bundle(...proxyCas) },
  };
}

/** The names of CAs in a handshake that begins now. */
async function namesSent(port: number): Promise<readonly string[]> {
  const seen = await plainHandshake(port);
  return ["users-1", "proxies-1", "users-2", "proxies-2"].filter((name) => seen.includes(name));
}

test("no names of CAs are sent unless they are wanted", async () => {
  await using server = await AttackedServer.start();
  expect(await plainHandshake(server.port)).not.toMatch(/front-proxy-ca|cluster-ca/);
});

test.skipIf(!sendsHints)(
  "the names of users' and proxies' CAs follow each rotation, and survive a renewed certificate",
  async () => {
    let trust = trusting([], []);
    await using server = await startServer({ clientCaHints: { current: () => trust } });
    const after = (next: Trust): Promise<readonly string[]> => {
      trust = next;
      return namesSent(server.port);
    };
    expect(await namesSent(server.port)).toEqual([]);
    expect(await after(trusting([users], [proxies]))).toEqual(["users-1", "proxies-1"]);
    expect(await after(trusting([users, nextUsers], [proxies, nextProxies]))).toHaveLength(4);
    server.server.replaceCertificate(renewed);
    expect(await after(trusting([nextUsers], [nextProxies]))).toEqual(["users-2", "proxies-2"]);
    expect(await after(trusting([nextUsers], []))).toEqual(["users-2"]);
  },
);

test.skipIf(!sendsHints)(
  "with hints, clients are who they are without: intermediates count, and other CAs' clients get their 401",
  async () => {
    const middle = issueAuthority({ commonName: "middle", parent: proxies, clock });
    let trust = trusting([users], [proxies]);
    await using server = await AttackedServer.start({ clientCaHints: { current: () => trust } });
    server.trust = trust;
    const callers = await Promise.all(
      [presenting(client(middle, "front-proxy-client"), middle), client(users, "bob"), client(nextUsers, "carol")].map(
        async (pair) => callerOver(await server.connect(pair)),
      ),
    );
    expect(callers).toEqual(["admin ops,system:authenticated", "bob system:authenticated", "401"]);
    trust = trusting([nextUsers], [proxies]);
    server.trust = trust;
    expect(await callerOver(await server.connect(client(nextUsers, "carol")))).toBe("carol system:authenticated");
  },
);

test.skipIf(sendsHints)("a Node that would lose intermediates sends none, and says so", async () => {
  const trust = trusting([users], [proxies]);
  await using server = await startServer({ clientCaHints: { current: () => trust } });
  expect(await namesSent(server.port)).toEqual([]);
  expect(server.log.lines.map(({ message }) => message)).toEqual([expect.stringContaining("Node 26")]);
});

test.skipIf(!sendsHints)("a CA that cannot be named costs its name and nothing else", async () => {
  const broken = parseBundle(users.certificatePem).certificates.map((one) => ({ ...one, der: Buffer.from("x") }));
  const trust: Trust = { clientAuthorities: { certificates: broken }, requestHeader: undefined };
  await using server = await startServer({ clientCaHints: { current: () => trust } });
  expect(await namesSent(server.port)).toEqual([]);
  expect((await ask(server.port, "/healthz")).text).toBe("ok");
  expect(server.log.lines.map(({ level }) => level)).toEqual(["warn"]);
});

/** What the server sends in a TLS 1.2 handshake, where the request for a certificate is not encrypted. */
async function plainHandshake(port: number): Promise<string> {
  let seen = "";
  const relay = createServer((client) => {
    const upstream = connectTcp(port, "127.0.0.1");
    upstream.on("data", (chunk: Buffer) => (seen += chunk.toString("latin1")));
    upstream.on("error", () => client.destroy());
    client.on("error", () => upstream.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const { port: relayPort } = relay.address() as AddressInfo;
  const socket = connect({
    port: relayPort,
    host: "127.0.0.1",
    ca: authority.certificatePem,
    servername: "localhost",
    maxVersion: "TLSv1.2",
  });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.destroy();
  relay.close();
  return seen;
}
