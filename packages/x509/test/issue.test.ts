import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { CertificateInvalid, issueAuthority, issueClient, issueServer, parseBundle } from "@kubemetrics/x509";
import { describe, expect, test } from "vitest";

const now = Date.parse("2027-01-15T08:00:00Z");
const clock = (): number => now;
const authority = issueAuthority({ commonName: "test-ca", clock });

function reading(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

describe("an issued authority", () => {
  test("is a CA that signed itself, for ten years from an hour ago", () => {
    const certificate = reading(authority.certificatePem);
    expect(certificate.ca).toBe(true);
    expect(certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.validFromDate.toISOString()).toBe("2027-01-15T07:00:00.000Z");
    expect(certificate.validToDate.getTime() - now).toBe(3650 * 24 * 3_600_000);
  });

  test("can be signed by another one and limit its depth", () => {
    const below = issueAuthority({ commonName: "below", parent: authority, pathLength: 0, clock });
    const [parsed] = parseBundle(below.certificatePem).certificates;
    expect(parsed?.extensions).toMatchObject({ isAuthority: true, pathLength: 0 });
    expect(reading(below.certificatePem).verify(reading(authority.certificatePem).publicKey)).toBe(true);
  });
});

describe("an issued leaf", () => {
  test("carries every name a client may dial", () => {
    const server = issueServer(authority, {
      commonName: "node-1",
      dnsNames: ["node-1", "*.example.com"],
      ipAddresses: ["127.0.0.1", "::1", "2001:db8::7:1", "::ffff:10.0.0.1"],
      clock,
    });
    expect(reading(server.certificatePem).subjectAltName).toBe(
      "DNS:node-1, DNS:*.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, " +
        "IP Address:2001:DB8:0:0:0:0:7:1, IP Address:0:0:0:0:0:FFFF:A00:1",
    );
    expect(reading(server.certificatePem).keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  });

  test("keeps the groups in order, repeated ones too", () => {
    const client = issueClient(authority, { commonName: "jürgen", organizations: ["b", "a", "b"], clock });
    expect(reading(client.certificatePem).subject).toBe("O=b\nO=a\nO=b\nCN=jürgen");
    expect(reading(client.certificatePem).keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  });

  test.for([
    ["ec", "ec"],
    ["rsa", "rsa"],
  ] as const)("has a key of type %s when asked for", ([keyType, type]) => {
    const client = issueClient(authority, { commonName: "c", keyType, clock });
    const certificate = reading(client.certificatePem);
    expect(certificate.publicKey.asymmetricKeyType).toBe(type);
    expect(certificate.verify(reading(authority.certificatePem).publicKey)).toBe(true);
  });

  test("may be renewed with the same key", () => {
    const first = issueClient(authority, { commonName: "c", clock });
    const second = issueClient(authority, { commonName: "c", clock, keyPem: first.keyPem });
    expect(reading(second.certificatePem).publicKey.equals(reading(first.certificatePem).publicKey)).toBe(true);
    expect(reading(second.certificatePem).serialNumber).not.toBe(reading(first.certificatePem).serialNumber);
  });

  test("does not outlive its authority unless told to", () => {
    const soon = issueAuthority({ commonName: "short", clock, notAfterMs: now + 60_000 });
    expect(reading(issueClient(soon, { commonName: "c", clock }).certificatePem).validToDate.getTime()).toBe(
      now + 60_000,
    );
    const longer = issueClient(soon, { commonName: "c", clock, notAfterMs: now + 120_000 });
    expect(reading(longer.certificatePem).validToDate.getTime()).toBe(now + 120_000);
  });

  test("is written with four-digit years from 2050 on", () => {
    const client = issueClient(authority, { commonName: "c", clock, notAfterMs: Date.parse("2051-02-03T04:05:06Z") });
    expect(reading(client.certificatePem).validToDate.toISOString()).toBe("2051-02-03T04:05:06.000Z");
  });
});

test.for([
  ["a DNS name with a space", { dnsNames: ["a b"], ipAddresses: [] }, /DNS name "a b".*punycode/],
  ["an address that is none", { dnsNames: [], ipAddresses: ["10.0.0.256"] }, /IP address "10\.0\.0\.256".*dnsNames/],
  ["an address with a zone", { dnsNames: [], ipAddresses: ["fe80::1%eth0"] }, /neither IPv4 nor IPv6/],
  [
    "an end before the begin",
    { dnsNames: [], ipAddresses: [], notBeforeMs: 1, notAfterMs: 0 },
    /certificate "s": notBefore .* is after/,
  ],
] as const)("%s is refused with the way out", ([, options, message]) => {
  const issue = (): unknown => issueServer(authority, { commonName: "s", clock, ...options });
  expect(issue).toThrow(CertificateInvalid);
  expect(issue).toThrow(message);
});

test("an authority that is no PEM is refused with the way out", () => {
  expect(() => issueClient({ certificatePem: "x", keyPem: "y" }, { commonName: "c" })).toThrow(
    /authority's certificate or key cannot be read.*give both as PEM/,
  );
});

test("server and client recognise each other over TLS by address", async () => {
  const authority = issueAuthority({ commonName: "present-ca" });
  const server = issueServer(authority, { commonName: "s", dnsNames: [], ipAddresses: ["127.0.0.1"] });
  const client = issueClient(authority, { commonName: "alice", organizations: ["dev"] });
  const trusted = { ca: authority.certificatePem };
  const listening = createServer(
    { ...trusted, cert: server.certificatePem, key: server.keyPem, requestCert: true, rejectUnauthorized: true },
    (socket) => socket.end(socket.getPeerX509Certificate()?.subject ?? ""),
  ).listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  const socket: TLSSocket = connect({
    ...trusted,
    host: "127.0.0.1",
    port,
    cert: client.certificatePem,
    key: client.keyPem,
  });
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  listening.close();
  expect(Buffer.concat(chunks).toString()).toBe("O=dev\nCN=alice");
});
