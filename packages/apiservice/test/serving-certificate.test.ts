import { connect as connectTcp, createServer, type AddressInfo } from "node:net";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { issueAuthority, issueServer, type KeyPair } from "@kubemetrics/x509";
import { createExtensionServer, ServingPairFiles, ServingPairInvalid } from "@kubemetrics/apiservice";
import { delegatedAuthorizer } from "@kubemetrics/authorization";
import { ask, authority, ManualClock, masters, MemoryLog, RawClient, serving, startServer } from "./test-server.ts";

const renewed: KeyPair = issueServer(authority, {
  commonName: "renewed",
  dnsNames: ["localhost"],
  ipAddresses: ["127.0.0.1"],
});

async function servedName(port: number): Promise<string | undefined> {
  const client = await RawClient.connect(port);
  const subject = client.socket.getPeerCertificate().subject;
  client.end();
  return String(subject.CN);
}

test("a renewed certificate is served to new connections while old ones go on", async () => {
  await using server = await startServer();
  const before = await RawClient.connect(server.port);
  server.server.replaceCertificate(renewed);
  expect(await servedName(server.port)).toBe("renewed");
  before.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  expect((await before.answer())?.text).toBe("ok");
  before.end();
});

test("a renewed certificate keeps asking for client certificates and keeps refusing session tickets", async () => {
  await using server = await startServer();
  server.server.replaceCertificate(renewed);
  const client = await RawClient.connect(server.port);
  client.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  await client.answer();
  expect(client.socket.getProtocol()).toBe("TLSv1.3");
  const session = client.socket.getSession();
  client.end();
  const again = connect({
    port: server.port,
    host: "127.0.0.1",
    ca: authority.certificatePem,
    servername: "localhost",
    ...(session === undefined ? {} : { session }),
  });
  await new Promise((resolve) => again.once("secureConnect", resolve));
  expect(again.isSessionReused()).toBe(false);
  again.destroy();
});

test("client CA names are sent when wanted, follow their rotation, and survive a renewed certificate", async () => {
  const hint = issueAuthority({ commonName: "hinted-ca" }).certificatePem;
  const rotated = issueAuthority({ commonName: "rotated-ca" }).certificatePem;
  await using server = await startServer();
  const names = async (): Promise<readonly string[]> => {
    const seen = await plainHandshake(server.port);
    return ["hinted-ca", "rotated-ca"].filter((name) => seen.includes(name));
  };
  expect(await names()).toEqual([]);
  server.server.setClientCaHints([hint]);
  expect(await names()).toEqual(["hinted-ca"]);
  server.server.setClientCaHints([hint, rotated]);
  server.server.replaceCertificate(renewed);
  expect(await names()).toEqual(["hinted-ca", "rotated-ca"]);
  expect(await servedName(server.port)).toBe("renewed");
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

test.each([
  ["a key of another certificate", { certificatePem: serving.certificatePem, keyPem: renewed.keyPem }],
  ["text that is no certificate", { certificatePem: "no", keyPem: serving.keyPem }],
  ["empty files", { certificatePem: "", keyPem: "" }],
])("%s is refused and the pair in use stays", async (_name, pair) => {
  await using server = await startServer();
  expect(() => server.server.replaceCertificate(pair)).toThrow(ServingPairInvalid);
  expect(await servedName(server.port)).toBe("localhost");
});

test("a server does not start with a pair that cannot be served", () => {
  const tls = { certificatePem: serving.certificatePem, keyPem: renewed.keyPem };
  const options = {
    groups: [],
    authenticator: masters,
    authorizer: delegatedAuthorizer({}),
    log: new MemoryLog(),
    tls,
  };
  expect(() => createExtensionServer(options)).toThrow(ServingPairInvalid);
});

test("files are followed: half-written pairs wait, unreadable ones are reported once, the renewed pair is used", async () => {
  const clock = new ManualClock();
  const log = new MemoryLog();
  const files = new Map([
    ["cert", serving.certificatePem],
    ["key", serving.keyPem],
  ]);
  const readFile = async (path: string): Promise<string> => {
    const text = files.get(path);
    if (text === undefined) throw new Error("no such file");
    return text;
  };
  const followed = new ServingPairFiles({ certificatePath: "cert", keyPath: "key", readFile, clock, log });
  await using server = await startServer({ tls: await followed.load() });
  followed.follow((pair) => server.server.replaceCertificate(pair));
  const look = async (): Promise<void> => {
    clock.advance(60_000);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };

  files.set("cert", renewed.certificatePem);
  await look();
  expect(await servedName(server.port)).toBe("localhost");
  files.delete("key");
  await look();
  await look();
  files.set("key", renewed.keyPem);
  await look();
  expect(await servedName(server.port)).toBe("renewed");
  expect(log.lines.map((line) => line.message)).toEqual([
    "keeping the serving certificate in use",
    "keeping the serving certificate in use",
    "serving a renewed certificate",
  ]);
  followed.close();
  expect((await ask(server.port, "/healthz")).text).toBe("ok");
});
