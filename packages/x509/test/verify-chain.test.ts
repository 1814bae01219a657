import { generateKeyPairSync } from "node:crypto";
import {
  CertificateInvalid,
  CertificateRefused,
  issueAuthority,
  issueClient,
  issueServer,
  parseBundle,
  verifyChain,
  type KeyPair,
} from "@kubemetrics/x509";
import { describe, expect, test } from "vitest";
import { der } from "./certificates.ts";

const now = Date.parse("2027-01-15T08:00:00Z");
const day = 24 * 3_600_000;
const clock = (): number => now;
const root = issueAuthority({ commonName: "root", clock });
const middle = issueAuthority({ commonName: "middle", parent: root, clock });
const lower = issueAuthority({ commonName: "lower", parent: middle, clock });
const client = issueClient(lower, { commonName: "front-proxy-client", clock });

function verify(chain: readonly KeyPair[], roots: readonly KeyPair[], timeMs = now): ReturnType<typeof verifyChain> {
  const bundle = parseBundle(roots.map(({ certificatePem }) => certificatePem).join(""));
  return verifyChain(chain.map(der), bundle, { timeMs, usage: "clientAuth" });
}

function refusal(chain: readonly KeyPair[], roots: readonly KeyPair[], timeMs = now): CertificateRefused {
  try {
    verify(chain, roots, timeMs);
  } catch (error) {
    if (error instanceof CertificateRefused) return error;
    throw error;
  }
  throw new Error("the chain was accepted");
}

describe("a chain is accepted", () => {
  test("whose RSA keys have 1024 bits, as Go still does, and not a bit less", () => {
    const withKey = (bits: number): KeyPair => {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: bits });
      const keyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      return issueAuthority({ commonName: `rsa-${bits}`, keyPem, clock });
    };
    const [enough, short] = [withKey(1024), withKey(1023)];
    expect(verify([issueClient(enough, { commonName: "a", clock })], [enough]).chain).toHaveLength(2);
    const fault = refusal([issueClient(short, { commonName: "a", clock })], [short]);
    expect([fault.code, fault.message]).toEqual([
      "UNKNOWN_ISSUER",
      expect.stringContaining("its RSA key of 1023 bits is too short"),
    ]);
  });

  test("with its intermediates in any order, between others", () => {
    const other = issueAuthority({ commonName: "other", clock });
    const { chain } = verify([client, middle, other, lower], [root]);
    expect(chain.map(({ subject }) => subject.attributes[0]?.value)).toEqual([
      "front-proxy-client",
      "lower",
      "middle",
      "root",
    ]);
  });

  test("when the leaf itself is trusted", () => {
    expect(verify([client], [client]).chain).toHaveLength(1);
  });

  test("up to and including the earliest end of its certificates", () => {
    const short = issueAuthority({ commonName: "short", parent: root, clock, notAfterMs: now + day });
    const leaf = issueClient(short, { commonName: "c", clock, notAfterMs: now + 2 * day });
    expect(verify([leaf, short], [root]).notAfterMs).toBe(now + day);
    expect(verify([leaf, short], [root], now + day).leaf.notAfterMs).toBe(now + 2 * day);
    expect(refusal([leaf, short], [root], now + day + 1).code).toBe("EXPIRED");
  });

  test("with an authority that was renewed under the same name", () => {
    const renewed = issueAuthority({ commonName: "root", clock });
    expect(verify([issueClient(renewed, { commonName: "c", clock })], [root, renewed]).chain).toHaveLength(2);
  });
});

describe("a chain is refused, and the message says what to do", () => {
  test.for<[string, readonly KeyPair[], readonly KeyPair[], CertificateRefused["code"], RegExp]>([
    ["nobody presented anything", [], [root], "EMPTY_CHAIN", /no certificate/],
    ["an intermediate is missing", [client, lower], [root], "UNKNOWN_ISSUER", /"front-proxy-client" .* issuer "lower"/],
    [
      "the issuer has another key",
      [issueClient(issueAuthority({ commonName: "root", clock }), { commonName: "forged", clock })],
      [root],
      "UNKNOWN_ISSUER",
      /"root" could be its issuer, but its signature is wrong/,
    ],
    [
      "a client signed it",
      [issueClient(client, { commonName: "c", clock }), client, lower, middle],
      [root],
      "UNKNOWN_ISSUER",
      /"front-proxy-client" could be its issuer, but it is no CA/,
    ],
    [
      "it is for servers",
      [issueServer(root, { commonName: "s", dnsNames: ["s"], ipAddresses: [], clock })],
      [root],
      "WRONG_USAGE",
      /certificate "s" is not for clientAuth.*issue it with clientAuth/,
    ],
    [
      "it is not valid yet",
      [issueClient(root, { commonName: "early", clock, notBeforeMs: now + 1000 })],
      [root],
      "NOT_YET_VALID",
      /"early" is not valid before 2027-01-15T08:00:01Z.*clocks/,
    ],
    [
      "it has expired",
      [issueClient(root, { commonName: "late", clock, notAfterMs: now - 1000 })],
      [root],
      "EXPIRED",
      /"late" expired 2027-01-15T07:59:59Z; renew it/,
    ],
  ])("because %s", ([, chain, roots, code, message]) => {
    const refused = refusal(chain, roots);
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
  });

  test("because an authority allows fewer intermediates", () => {
    const top = issueAuthority({ commonName: "top", pathLength: 0, clock });
    const below = issueAuthority({ commonName: "below", parent: top, clock });
    const refused = refusal([issueClient(below, { commonName: "c", clock }), below], [top]);
    expect(refused).toMatchObject({ code: "PATH_TOO_LONG" });
    expect(refused.message).toMatch(/CA "top" allows 0 intermediates below it, the chain has 1/);
  });
});

test("a presented certificate that nobody needs, but cannot be read, refuses the chain", () => {
  const garbled = der(middle).subarray(0, -1);
  const present = (): unknown =>
    verifyChain([der(client), der(lower), der(middle), garbled], parseBundle(root.certificatePem), {
      timeMs: now,
      usage: "clientAuth",
    });
  expect(present).toThrow(CertificateInvalid);
  expect(present).toThrow(/presented certificate 3/);
});
