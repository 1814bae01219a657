/** Client certificates that no decent issuer writes: names in odd encodings, usages left out, extensions nobody knows. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { parseBundle, type KeyPair } from "@kubemetrics/x509";
import { start } from "./attacked-server.ts";

const day = 24 * 3_600_000;
const commonNameOid = "0603550403";

export interface OddClientOptions {
  /** Subject CN attributes in order; several are allowed, the last counts. */
  readonly commonNames: readonly OddName[];
  /** Extended key usage; default `client`. */
  readonly usage?: "client" | "server" | "any" | "absent";
  /** Adds an extension of an OID nobody knows, marked critical. */
  readonly hasUnknownCriticalExtension?: boolean;
  readonly notBeforeMs?: number;
}

/** Text in UTF8String, or bytes with a string tag of their own. */
export type OddName = string | { readonly tag: number; readonly bytes: Uint8Array };

export function oddClient(authority: KeyPair, options: OddClientOptions): KeyPair {
  const { commonNames, usage = "client", hasUnknownCriticalExtension = false, notBeforeMs = start - day } = options;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = parseBundle(authority.certificatePem).certificates[0]?.subject.der ?? Buffer.alloc(0);
  const extensions = [
    ...(usage === "absent" ? [] : [sequence(hex("0603551d25"), element(0x04, sequence(hex(usages[usage]))))]),
    ...(hasUnknownCriticalExtension
      ? [sequence(hex("06052a03040501"), hex("0101ff"), element(0x04, hex("0500")))]
      : []),
  ];
  const algorithm = sequence(hex("06082a8648ce3d040302"));
  const body = sequence(
    element(0xa0, hex("020102")),
    element(0x02, Buffer.concat([hex("40"), randomBytes(8)])),
    algorithm,
    issuer,
    sequence(time(notBeforeMs), time(start + 365 * day)),
    sequence(...commonNames.map((name) => element(0x31, sequence(hex(commonNameOid), nameElement(name))))),
    createPublicKey(privateKey).export({ type: "spki", format: "der" }),
    ...(extensions.length === 0 ? [] : [element(0xa3, sequence(...extensions))]),
  );
  const signature = sign("sha256", body, createPrivateKey(authority.keyPem));
  const certificate = sequence(body, algorithm, element(0x03, Buffer.concat([hex("00"), signature])));
  const base64 = certificate.toString("base64").replaceAll(/.{64}/g, "$&\n");
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

const usages = { client: "06082b06010505070302", server: "06082b06010505070301", any: "0604551d2500" };

function nameElement(name: OddName): Buffer {
  return typeof name === "string" ? element(0x0c, Buffer.from(name)) : element(name.tag, name.bytes);
}

function time(ms: number): Buffer {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:T]/g, "");
  return element(0x17, Buffer.from(digits.slice(2)));
}

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return element(0x30, ...contents);
}

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content]);
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}
