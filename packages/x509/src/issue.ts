/** Issues certificates: authorities, servers, clients. For sandboxes, tests, and servers that sign for themselves. */
import { generateKeyPairSync, createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { parseBundle } from "./bundle.ts";
import type { Certificate } from "./certificate.ts";
import { CertificateInvalid } from "./errors.ts";
import { authorityExtensions, leafExtensions, type Usage } from "./internal/issue-extensions.ts";
import { signedCertificate } from "./internal/sign.ts";
import { element, nameText, oid, sequence, tags } from "./internal/der-writer.ts";

/** A certificate with its private key, both PEM (the key as PKCS#8). The key is a secret: keep it out of logs. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What all issued certificates have in common. */
export interface IssueOptions {
  /** Subject CN. */
  readonly commonName: string;
  /** Subject O values, in order, each its own RDN. Client certificates: the user's groups. */
  readonly organizations?: readonly string[];
  /** Now, in epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
  /** Epoch milliseconds. Default: an hour before now (or before the end), for clocks that disagree. */
  readonly notBeforeMs?: number;
  /** Epoch milliseconds. Default: a year from now (ten for an authority), but not past the authority's own end. */
  readonly notAfterMs?: number;
  /** Default EC P-256: signing costs a hundredth of RSA. RSA keys have 2048 bits. */
  readonly keyType?: "ec" | "rsa";
  /** Use this private key (PEM) instead of a new one: how a renewal keeps its key. */
  readonly keyPem?: string;
}

export interface AuthorityOptions extends IssueOptions {
  /** The authority that signs this one; itself when absent. */
  readonly parent?: KeyPair;
  /** How many authorities may follow below this one. Unlimited when absent. */
  readonly pathLength?: number;
}

export interface LeafOptions extends IssueOptions {
  readonly dnsNames?: readonly string[];
  /** IPv4 or IPv6 text. */
  readonly ipAddresses?: readonly string[];
}

export interface ServerOptions extends LeafOptions {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;

/**
 * Issues a certificate authority: signed by itself, or by `parent`.
 *
 * @throws CertificateInvalid when an option cannot be put into a certificate
 */
export function issueAuthority(options: AuthorityOptions): KeyPair {
  return issue(options, options.parent, 10 * yearMs, (keys) => authorityExtensions(keys, options.pathLength));
}

/**
 * Issues a serving certificate. Go clients look only at the names in it, never at the CN: an empty list of DNS names
 * and addresses makes a certificate that no client accepts.
 *
 * @throws CertificateInvalid when an option cannot be put into a certificate
 */
export function issueServer(authority: KeyPair, options: ServerOptions): KeyPair {
  return issueLeaf(authority, options, "serverAuth");
}

/**
 * Issues a client certificate: `commonName` is the user's name, `organizations` the groups.
 *
 * @throws CertificateInvalid when an option cannot be put into a certificate
 */
export function issueClient(authority: KeyPair, options: LeafOptions): KeyPair {
  return issueLeaf(authority, options, "clientAuth");
}

function issueLeaf(authority: KeyPair, options: LeafOptions, usage: Usage): KeyPair {
  const names = { dnsNames: options.dnsNames ?? [], ipAddresses: options.ipAddresses ?? [] };
  return issue(options, authority, yearMs, (keys) => leafExtensions(keys, usage, names));
}

function issue(
  options: IssueOptions,
  authority: KeyPair | undefined,
  lifetimeMs: number,
  extensions: (keys: { own: KeyObject; issuer: Uint8Array | undefined }) => Uint8Array,
): KeyPair {
  const now = (options.clock ?? Date.now)();
  const privateKey = options.keyPem === undefined ? newKey(options.keyType ?? "ec") : createPrivateKey(options.keyPem);
  const own = createPublicKey(privateKey);
  const subject = distinguishedName(options.organizations ?? [], options.commonName);
  const signer = authority === undefined ? undefined : readSigner(authority);
  const lastMs = Math.min(now + lifetimeMs, signer?.notAfterMs ?? Infinity);
  const notAfterMs = options.notAfterMs ?? lastMs;
  const notBeforeMs = options.notBeforeMs ?? Math.min(now, notAfterMs) - hourMs;
  if (!(notBeforeMs <= notAfterMs)) {
    throw new CertificateInvalid(
      "BAD_REQUEST",
      `certificate "${options.commonName}": notBefore (${notBeforeMs}) is after notAfter (${notAfterMs}); give a later notAfterMs or a fresh authority`,
    );
  }
  const certificate = signedCertificate({
    serial: positiveSerial(),
    issuer: signer?.subject ?? subject,
    notBeforeMs,
    notAfterMs,
    subject,
    publicKey: own.export({ type: "spki", format: "der" }),
    extensions: extensions({ own, issuer: signer?.keyId }),
    signingKey: signer?.key ?? privateKey,
  });
  return {
    certificatePem: pem(certificate),
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function newKey(keyType: "ec" | "rsa"): KeyObject {
  return keyType === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
    : generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** 20 octets would not fit with the top bit set; 16 random ones are positive and unique enough (RFC 5280 §4.1.2.2). */
function positiveSerial(): Uint8Array {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function distinguishedName(organizations: readonly string[], commonName: string): Uint8Array {
  const attribute = (type: string, value: string): Uint8Array =>
    element(tags.set, sequence(oid(type), nameText(value)));
  return sequence(
    ...organizations.map((value) => attribute("2.5.4.10", value)),
    ...(commonName === "" ? [] : [attribute("2.5.4.3", commonName)]),
  );
}

interface Signer {
  readonly key: KeyObject;
  /** DER of the subject, copied byte for byte: Go compares names that way. */
  readonly subject: Uint8Array;
  readonly notAfterMs: number;
  readonly keyId: Uint8Array | undefined;
}

function readSigner(authority: KeyPair): Signer {
  try {
    const certificate = parseBundle(authority.certificatePem).certificates[0] as Certificate;
    return {
      key: createPrivateKey(authority.keyPem),
      subject: certificate.subject.der,
      notAfterMs: certificate.notAfterMs,
      keyId: certificate.extensions.subjectKeyId,
    };
  } catch (cause) {
    throw new CertificateInvalid(
      "MALFORMED",
      `the authority's certificate or key cannot be read: ${(cause as Error).message}; give both as PEM`,
      { cause },
    );
  }
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
