/** The extensions of the certificates this package issues. */
import { createHash } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { CertificateInvalid } from "../errors.ts";
import { DerReader } from "./der-reader.ts";
import { bitString, element, ipAddressBytes, octetString, oid, sequence, smallInteger, tags } from "./der-writer.ts";

export type Usage = "serverAuth" | "clientAuth";

/** Names that a client may look for in a certificate. */
export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** `own`: the certificate's key. `issuer`: the authority's key identifier, absent when it signs itself. */
export interface ExtensionKeys {
  readonly own: KeyObject;
  readonly issuer: Uint8Array | undefined;
}

const usageOids: Record<Usage, string> = { serverAuth: "1.3.6.1.5.5.7.3.1", clientAuth: "1.3.6.1.5.5.7.3.2" };
const trueValue = element(tags.boolean, Uint8Array.of(0xff));

export function authorityExtensions(keys: ExtensionKeys, pathLength: number | undefined): Uint8Array {
  const constraint = pathLength === undefined ? [trueValue] : [trueValue, smallInteger(pathLength)];
  return sequence(
    extension("2.5.29.19", sequence(...constraint), true),
    // digitalSignature, keyCertSign, cRLSign
    extension("2.5.29.15", bitString(Uint8Array.of(0b1000_0110), 1), true),
    ...keyIdentifiers(keys),
  );
}

export function leafExtensions(keys: ExtensionKeys, usage: Usage, names: AlternativeNames): Uint8Array {
  const general = [...names.dnsNames.map(dnsName), ...names.ipAddresses.map(ipAddress)];
  // RSA key exchange needs keyEncipherment; other keys cannot encipher.
  const keyUsage =
    keys.own.asymmetricKeyType === "rsa"
      ? bitString(Uint8Array.of(0b1010_0000), 5)
      : bitString(Uint8Array.of(0b1000_0000), 7);
  return sequence(
    extension("2.5.29.19", sequence(), true),
    extension("2.5.29.15", keyUsage, true),
    extension("2.5.29.37", sequence(oid(usageOids[usage])), false),
    ...keyIdentifiers(keys),
    ...(general.length === 0 ? [] : [extension("2.5.29.17", sequence(...general), false)]),
  );
}

/** The left 160 bits of the SHA-256 of the public key's bits (RFC 7093 §2, method 1). */
function keyIdentifier(key: KeyObject): Uint8Array {
  const info = new DerReader(key.export({ type: "spki", format: "der" })).inside(tags.sequence, "public key");
  info.any("public key algorithm");
  const bits = info.content(tags.bitString, "public key").subarray(1);
  return createHash("sha256").update(bits).digest().subarray(0, 20);
}

function keyIdentifiers({ own, issuer }: ExtensionKeys): Uint8Array[] {
  return [
    extension("2.5.29.14", octetString(keyIdentifier(own)), false),
    ...(issuer === undefined ? [] : [extension("2.5.29.35", sequence(element(0x80, issuer)), false)]),
  ];
}

function extension(id: string, value: Uint8Array, isCritical: boolean): Uint8Array {
  return sequence(oid(id), ...(isCritical ? [trueValue] : []), octetString(value));
}

function dnsName(name: string): Uint8Array {
  if (name === "" || !/^[\x21-\x7e]+$/.test(name)) {
    throw new CertificateInvalid(
      "BAD_REQUEST",
      `DNS name ${JSON.stringify(name)} is not printable ASCII without spaces; write international names as punycode`,
    );
  }
  return element(0x82, Buffer.from(name));
}

function ipAddress(text: string): Uint8Array {
  const bytes = ipAddressBytes(text);
  if (bytes === undefined) {
    throw new CertificateInvalid(
      "BAD_REQUEST",
      `IP address ${JSON.stringify(text)} is neither IPv4 nor IPv6 text; names belong into dnsNames`,
    );
  }
  return element(0x87, bytes);
}
