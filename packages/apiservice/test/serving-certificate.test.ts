import { connect } from "node:tls";
import { expect, test } from "vitest";
import { issueServer, type KeyPair } from "@kubemetrics/x509";
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
