import { X509Certificate } from "node:crypto";
import { bundledVectorFile } from "@kubemetrics/conformance";
import {
  attributeValues,
  CertificateInvalid,
  commonName,
  issueAuthority,
  issueClient,
  organizations,
  parseBundle,
  parseCertificate,
  X509Error,
} from "@kubemetrics/x509";
import { describe, expect, test } from "vitest";
import { der } from "./certificates.ts";

const authority = issueAuthority({ commonName: "ca" });
const client = issueClient(authority, { commonName: "a,CN=admin", organizations: ["x", "y"], dnsNames: ["a.example"] });

test("a name is read attribute by attribute, so a CN with a comma stays one CN", () => {
  const { subject, issuer } = parseCertificate(der(client));
  expect([commonName(subject), organizations(subject), commonName(issuer)]).toEqual(["a,CN=admin", ["x", "y"], "ca"]);
  expect(attributeValues(subject, "2.5.4.11")).toEqual([]);
});

test("the reading agrees with Node's where Node says something", () => {
  const ours = parseCertificate(der(client));
  const nodes = new X509Certificate(client.certificatePem);
  expect(ours.serial.toUpperCase()).toBe(nodes.serialNumber);
  expect(ours.notBeforeMs).toBe(nodes.validFromDate.getTime());
  expect(ours.notAfterMs).toBe(nodes.validToDate.getTime());
  expect(ours.publicKey.key?.equals(nodes.publicKey)).toBe(true);
  expect(ours.extensions.alternativeNames?.dnsNames).toEqual(["a.example"]);
});

test("half of what Go refuses to read, Node reads: its class is no judge", () => {
  const file = bundledVectorFile("x509-verify");
  const certs = file["certs"] as Record<string, string>;
  const refused = Object.values(certs).filter((pem) => {
    try {
      parseBundle(pem);
      return false;
    } catch (error) {
      return error instanceof CertificateInvalid;
    }
  });
  const readByNode = refused.filter((pem) => {
    try {
      return new X509Certificate(pem).raw.length > 0;
    } catch {
      return false;
    }
  });
  expect(refused.length).toBeGreaterThan(10);
  expect(readByNode.length / refused.length).toBeGreaterThanOrEqual(0.5);
});

describe("what is not a certificate is refused with the field and the rule", () => {
  const bytes = der(client);
  test.for<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /certificate is missing or cut off/],
    ["a cut one", bytes.subarray(0, 100), /certificate ends past the end/],
    ["one with a byte after it", Buffer.concat([bytes, Buffer.of(0)]), /followed by 1 more bytes/],
    ["one that counts its length in too many bytes", lengthened(bytes), /not in its shortest form/],
    ["text", Buffer.from("-".repeat(100)), /has tag 0x2d, not 0x30/],
  ])("%s", ([, input, message]) => {
    expect(() => parseCertificate(input)).toThrow(message);
    expect(() => parseCertificate(input)).toThrow(CertificateInvalid);
  });

  /** 30 82 LLLL → 30 83 00LLLL */
  function lengthened(der: Uint8Array): Uint8Array {
    return Buffer.concat([Buffer.of(0x30, 0x83, 0x00), der.subarray(2)]);
  }
});

describe("a bundle", () => {
  test("says which of its blocks spoils it", () => {
    const broken = `${authority.certificatePem}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n`;
    expect(() => parseBundle(broken)).toThrow(/CERTIFICATE block 2 of the bundle.*the whole bundle counts for nothing/);
  });

  test.for<[string, string]>([
    ["empty text", ""],
    ["a BOM before BEGIN", `\uFEFF${authority.certificatePem}`],
    ["an indented block", authority.certificatePem.replaceAll(/^/gm, "  ")],
    ["a private key", authority.keyPem],
  ])("is refused when it holds %s and nothing else", ([, text]) => {
    expect(() => parseBundle(text)).toThrow(expect.objectContaining({ code: "NO_CERTIFICATE" }));
  });

  test("holds a certificate that is there twice once, in order", () => {
    const text = authority.certificatePem + client.certificatePem + authority.certificatePem;
    expect(parseBundle(text).certificates.map(({ subject }) => commonName(subject))).toEqual(["ca", "a,CN=admin"]);
  });
});

test("errors are recognised across copies of the package, by their kind", () => {
  const foreign = Object.assign(new Error("from another copy"), {
    [Symbol.for("@kubemetrics/x509/error")]: "CertificateInvalid",
  });
  expect(foreign).toBeInstanceOf(CertificateInvalid);
  expect(foreign).toBeInstanceOf(X509Error);
  expect(new Error("other")).not.toBeInstanceOf(X509Error);
});
