import { once } from "node:events";
import { connect, createServer } from "node:tls";
import { expect, test } from "vitest";
import { handshakeFault, issueAuthority, issueServer, type KeyPair } from "@kubemetrics/x509";

const hourMs = 3_600_000;
const trusted = issueAuthority({ commonName: "trusted" });
const other = issueAuthority({ commonName: "another" });
const names = { commonName: "localhost", dnsNames: ["localhost"], ipAddresses: [] };

/** The code with which Node refuses a server that presents `certificate`. */
async function refusedWith({ certificatePem, keyPem }: KeyPair): Promise<string> {
  const server = createServer({ cert: certificatePem, key: keyPem }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca: trusted.certificatePem });
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  socket.destroy();
  server.close();
  return error.code ?? "";
}

test.each([
  [
    "of another authority",
    issueServer(other, names),
    "its certificate was signed by an authority that we were not given",
  ],
  [
    "expired",
    issueServer(trusted, { ...names, notBeforeMs: Date.now() - 2 * hourMs, notAfterMs: Date.now() - hourMs }),
    "its certificate has expired",
  ],
  [
    "not valid yet",
    issueServer(trusted, { ...names, notBeforeMs: Date.now() + hourMs, notAfterMs: Date.now() + 2 * hourMs }),
    "its certificate is not valid yet",
  ],
  ["signed by itself", other, "its certificate is signed by itself"],
])("a certificate %s", async (_, certificate, fault) => {
  expect(handshakeFault(await refusedWith(certificate))).toBe(fault);
});

test.each(["ECONNREFUSED", "ERR_TLS_CERT_ALTNAME_INVALID", "__proto__", ""])("nothing about %j", (code) => {
  expect(handshakeFault(code)).toBeUndefined();
});
