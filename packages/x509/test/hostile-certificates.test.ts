import { createPublicKey } from "node:crypto";
import {
  CertificateInvalid,
  CertificateRefused,
  issueAuthority,
  issueClient,
  parseBundle,
  parseCertificate,
  verifyCertificate,
  verifyChain,
  X509Error,
  type Certificate,
} from "@kubemetrics/x509";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DerReader } from "../src/internal/der-reader.ts";
import { readPublicKey } from "../src/internal/public-key.ts";
import { der } from "./certificates.ts";

const root = issueAuthority({ commonName: "root" });
const roots = parseBundle(root.certificatePem);
const middle = issueAuthority({ commonName: "middle", parent: root });
const leaf = issueClient(middle, { commonName: "c", dnsNames: ["a.example"], ipAddresses: ["::1"] });
const options = { timeMs: Date.now(), usage: "clientAuth" } as const;

test("any bytes are read or refused with an error of ours", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(() => parseCertificate(bytes)).toThrow(CertificateInvalid);
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 1000 },
  );
});

test("a certificate with changed bytes is read or refused, and never accepted", () => {
  const chain = [der(leaf), der(middle)];
  const length = chain[0]!.length;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: length - 1 }), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 }),
      (changes) => {
        const changed = Buffer.from(chain[0]!);
        for (const [index, mask] of changes) changed[index]! ^= mask;
        fc.pre(!changed.equals(chain[0]!));
        // The outer lengths, the algorithm beside the signature and the signature are not signed themselves.
        expect(() => verifyChain([changed, chain[1]!], roots, options)).toThrow(X509Error);
      },
    ),
    { numRuns: 1500, interruptAfterTimeLimit: 1500 },
  );
});

test("any text is a bundle or refused with an error of ours", () => {
  const piece = fc.constantFrom(
    "-----BEGIN CERTIFICATE-----",
    "-----END CERTIFICATE-----",
    "\n",
    "\r\n",
    "a: b\n",
    "MAA=",
    " ",
    root.certificatePem,
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 12 }), (pieces) => {
      expect(certificatesIn(pieces.join(""))).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 1500 },
  );
});

/** Throws whatever is not an error of ours. */
function certificatesIn(text: string): number {
  try {
    return parseBundle(text).certificates.length;
  } catch (error) {
    if (error instanceof CertificateInvalid) return 0;
    throw error;
  }
}

test("a thousand possible issuers cost a hundred signature checks at most", () => {
  const parsed = parseCertificate(der(issueClient(issueAuthority({ commonName: "fog" }), { commonName: "c" })));
  const fog = parseCertificate(der(issueAuthority({ commonName: "fog" })));
  const issuers = Array.from({ length: 1000 }, (_, index): Certificate => ({
    ...fog,
    der: Buffer.concat([fog.der, Buffer.from(String(index))]),
  }));
  const verify = (): unknown => verifyCertificate(parsed, issuers, roots, options);
  expect(verify).toThrow(CertificateRefused);
  expect(verify).toThrow(/100 signature checks led nowhere/);
});

test("an RSA key that is too long to be checked in good time is not used", () => {
  const modulus = Buffer.alloc(2048, 0xff).toString("base64url");
  const huge = createPublicKey({ key: { kty: "RSA", n: modulus, e: "AQAB" }, format: "jwk" });
  const info = new DerReader(huge.export({ type: "spki", format: "der" })).inside(0x30, "public key info");
  expect(readPublicKey(info)).toMatchObject({ key: undefined, unusable: "its RSA key of 16384 bits is too long" });
});
