import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { issueAuthority, type KeyPair } from "@kubemetrics/x509";
import { authority, RawClient, serving } from "../test-server.ts";
import { AttackedServer, bob, callerOver, client, presenting, proxy, proxyCa, start } from "./attacked-server.ts";

/** What Node, or OpenSSL under it, would answer from a remembered handshake instead of from this one. */
let server: AttackedServer;
beforeAll(async () => {
  server = await AttackedServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const middle = issueAuthority({ commonName: "middle", parent: proxyCa, clock: () => start });
const longProxy = presenting(client(middle, "front-proxy-client"), middle);
const admin = "admin ops,system:authenticated";

interface Visit {
  readonly caller: string;
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
}

async function visit(version: "TLSv1.2" | "TLSv1.3", pair?: KeyPair, session?: Buffer): Promise<Visit> {
  const options: ConnectionOptions = {
    port: server.port,
    host: "127.0.0.1",
    ca: authority.certificatePem,
    servername: "localhost",
    minVersion: version,
    maxVersion: version,
    ...(pair === undefined ? {} : { cert: pair.certificatePem, key: pair.keyPem }),
    ...(session === undefined ? {} : { session }),
  };
  const socket = connect(options);
  let ticket: Buffer | undefined;
  socket.on("session", (given) => (ticket = given));
  await connected(socket);
  const connection = new RawClient(socket);
  const caller = await callerOver(connection);
  const seen = { caller, isResumed: socket.isSessionReused(), session: ticket ?? socket.getSession() };
  connection.end();
  return seen;
}

function connected(socket: TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("secureConnect", resolve).once("error", reject);
  return promise;
}

describe.each(["TLSv1.2", "TLSv1.3"] as const)("a session of %s offered again", (version) => {
  test("without a certificate is a new handshake of nobody", async () => {
    const first = await visit(version, proxy);
    const again = await visit(version, undefined, first.session);
    expect([first.caller, again.caller, again.isResumed]).toEqual([
      admin,
      "system:anonymous system:unauthenticated",
      false,
    ]);
  });

  test("with somebody else's certificate is somebody else", async () => {
    const first = await visit(version, proxy);
    expect(await visit(version, bob, first.session)).toMatchObject({
      caller: "bob devs,system:authenticated",
      isResumed: false,
    });
  });

  test("with intermediates shows them again", async () => {
    const first = await visit(version, longProxy);
    const again = await visit(version, longProxy, first.session);
    expect([first.caller, again.caller, again.isResumed]).toEqual([admin, admin, false]);
  });

  test("from an anonymous visit makes nobody an authorized user", async () => {
    const first = await visit(version);
    const again = await visit(version, undefined, first.session);
    expect([again.caller, again.isResumed]).toEqual(["system:anonymous system:unauthenticated", false]);
  });
});

test("a client cannot negotiate its certificate anew under a running connection", async () => {
  const socket = connect({
    port: server.port,
    host: "127.0.0.1",
    ca: authority.certificatePem,
    servername: "localhost",
    maxVersion: "TLSv1.2",
    cert: bob.certificatePem,
    key: bob.keyPem,
  });
  await connected(socket);
  const connection = new RawClient(socket);
  expect(await callerOver(connection)).toBe("bob devs,system:authenticated");
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  socket.renegotiate({ rejectUnauthorized: false }, resolve);
  socket.once("error", resolve).once("close", () => resolve(new Error("closed")));
  expect(await promise).toBeInstanceOf(Error);
  connection.end();
});

test.each(["as it started", "with a renewed certificate"])(
  "a client that speaks nothing but HTTP/2 is refused in the handshake, %s",
  async (when) => {
    if (when !== "as it started") server.running.replaceCertificate(serving);
    const { port } = server;
    const socket = connect({ port, host: "127.0.0.1", ca: authority.certificatePem, ALPNProtocols: ["h2"] });
    await expect(connected(socket)).rejects.toThrow(/no.application.protocol/i);
  },
);

test("HTTP/2 is not spoken: it is not negotiated, and its preface is no request", async () => {
  const socket = connect({
    port: server.port,
    host: "127.0.0.1",
    ca: authority.certificatePem,
    servername: "localhost",
    ALPNProtocols: ["h2", "http/1.1"],
  });
  await connected(socket);
  expect(socket.alpnProtocol).toBe("http/1.1");
  const connection = new RawClient(socket);
  connection.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
  expect((await connection.answer())?.status ?? 400).toBe(400);
  await connection.closed();
});
