/** What a certificate's extensions say. Known ones are read strictly; a critical one that nobody handles is kept by OID. */
import { DerInvalid, DerReader } from "./der-reader.ts";
import { tags } from "./der-writer.ts";
import {
  readAlternativeNames,
  readNameConstraints,
  type AlternativeNames,
  type NameConstraints,
} from "./general-names.ts";

export interface CertificateExtensions {
  /** basicConstraints: `undefined` when the extension is absent. */
  readonly isAuthority?: boolean;
  /** How many intermediates may follow below. */
  readonly pathLength?: number;
  /** The first bits of keyUsage, digitalSignature first; absent or all zero means any. */
  readonly keyUsage?: readonly boolean[];
  /** Purposes as dotted OIDs; absent or empty means any. */
  readonly extendedKeyUsage?: readonly string[];
  readonly alternativeNames?: AlternativeNames;
  /** The value of the extension, to compare with. */
  readonly alternativeNamesDer?: Uint8Array;
  readonly nameConstraints?: NameConstraints;
  readonly subjectKeyId?: Uint8Array;
  readonly authorityKeyId?: Uint8Array;
  /** Certificate policies, as hexadecimal OIDs. */
  readonly policies?: readonly string[];
  readonly policyMappings?: readonly { readonly issuer: string; readonly subject: string }[];
  readonly requireExplicitPolicy?: number;
  readonly inhibitPolicyMapping?: number;
  readonly inhibitAnyPolicy?: number;
  readonly unhandledCritical: readonly string[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<CertificateExtensions> & { unhandledCritical: string[] };

/** Reads one extension's value into the draft; returns false when it does not handle what the value says. */
type ExtensionReader = (value: DerReader, draft: Draft, bytes: Uint8Array, isCritical: boolean) => boolean | void;

export function readExtensions(list: DerReader): CertificateExtensions {
  const draft: Draft = { unhandledCritical: [] };
  const seen = new Set<string>();
  const found: { id: string; isCritical: boolean; value: Uint8Array }[] = [];
  while (!list.isEmpty) {
    const extension = list.inside(tags.sequence, "extension");
    const id = extension.oid("extension OID");
    const isCritical = extension.has(tags.boolean) && extension.boolean(`extension ${id} critical flag`);
    const value = extension.content(tags.octetString, `extension ${id} value`);
    if (seen.has(id)) throw new DerInvalid(`extension ${id} is there twice`);
    seen.add(id);
    found.push({ id, isCritical, value });
  }
  for (const { id, isCritical, value } of found) {
    const isHandled = readers.get(id)?.(new DerReader(value), draft, value, isCritical) ?? readers.has(id);
    if (isCritical && !isHandled) draft.unhandledCritical.push(id);
  }
  return draft;
}

const readers: ReadonlyMap<string, ExtensionReader> = new Map<string, ExtensionReader>([
  ["2.5.29.14", subjectKeyIdentifier],
  ["2.5.29.15", keyUsage],
  ["2.5.29.17", alternativeNames],
  ["2.5.29.19", basicConstraints],
  ["2.5.29.30", nameConstraints],
  ["2.5.29.31", distributionPoints],
  ["2.5.29.32", policies],
  ["2.5.29.33", policyMappings],
  ["2.5.29.35", authorityKeyIdentifier],
  ["2.5.29.36", policyConstraints],
  ["2.5.29.37", extendedKeyUsage],
  ["2.5.29.54", inhibitAnyPolicy],
  ["1.3.6.1.5.5.7.1.1", authorityInformationAccess],
]);

function subjectKeyIdentifier(value: DerReader, draft: Draft, _: Uint8Array, isCritical: boolean): void {
  notCritical(isCritical, "subject key identifier");
  draft.subjectKeyId = value.content(tags.octetString, "subject key identifier");
}

function authorityKeyIdentifier(value: DerReader, draft: Draft, _: Uint8Array, isCritical: boolean): void {
  notCritical(isCritical, "authority key identifier");
  const keyId = value.inside(tags.sequence, "authority key identifier").optional(0x80, "authority key identifier");
  if (keyId !== undefined) draft.authorityKeyId = keyId;
}

function keyUsage(value: DerReader, draft: Draft): void {
  const { bytes } = value.bitString("key usage");
  draft.keyUsage = Array.from({ length: 9 }, (_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

function alternativeNames(_: DerReader, draft: Draft, bytes: Uint8Array): boolean {
  const names = readAlternativeNames(bytes);
  draft.alternativeNames = names;
  draft.alternativeNamesDer = bytes;
  return Object.values(names).some((list) => list.length > 0);
}

function basicConstraints(value: DerReader, draft: Draft): void {
  const content = value.inside(tags.sequence, "basic constraints");
  draft.isAuthority = content.has(tags.boolean) && content.boolean("basic constraints CA flag");
  if (content.has(tags.integer)) draft.pathLength = content.count("basic constraints path length");
}

function nameConstraints(_: DerReader, draft: Draft, bytes: Uint8Array): boolean {
  const { constraints, hasUnknownKinds } = readNameConstraints(bytes);
  draft.nameConstraints = constraints;
  return !hasUnknownKinds;
}

function extendedKeyUsage(value: DerReader, draft: Draft): void {
  const usages: string[] = [];
  for (const list = value.inside(tags.sequence, "extended key usage"); !list.isEmpty;) {
    usages.push(list.oid("extended key usage"));
  }
  draft.extendedKeyUsage = usages;
}

function policies(value: DerReader, draft: Draft): void {
  const found = new Set<string>();
  for (const list = value.inside(tags.sequence, "certificate policies"); !list.isEmpty;) {
    const policy = policyId(list.inside(tags.sequence, "certificate policy"));
    if (!isMinimalOid(policy)) throw new DerInvalid("certificate policy is not an object identifier");
    if (found.has(policy)) throw new DerInvalid("certificate policy is there twice");
    found.add(policy);
  }
  draft.policies = [...found];
}

function policyMappings(value: DerReader, draft: Draft): void {
  const mappings: { issuer: string; subject: string }[] = [];
  for (const list = value.inside(tags.sequence, "policy mappings"); !list.isEmpty;) {
    const pair = list.inside(tags.sequence, "policy mapping");
    mappings.push({ issuer: policyId(pair), subject: policyId(pair) });
  }
  draft.policyMappings = mappings;
}

function policyConstraints(value: DerReader, draft: Draft): void {
  const content = value.inside(tags.sequence, "policy constraints");
  if (content.has(0x80)) draft.requireExplicitPolicy = signed(content.integer("requireExplicitPolicy", 0x80));
  if (content.has(0x81)) draft.inhibitPolicyMapping = signed(content.integer("inhibitPolicyMapping", 0x81));
}

function inhibitAnyPolicy(value: DerReader, draft: Draft): void {
  draft.inhibitAnyPolicy = signed(value.integer("inhibitAnyPolicy"));
}

function distributionPoints(value: DerReader): void {
  for (const list = value.inside(tags.sequence, "CRL distribution points"); !list.isEmpty;) {
    const name = list.inside(tags.sequence, "CRL distribution point").optional(0xa0, "CRL distribution point");
    if (name === undefined) continue;
    const uris = new DerReader(name).inside(0xa0, "CRL distribution point name");
    while (uris.has(0x86)) uris.any("CRL distribution point URI");
  }
}

function authorityInformationAccess(value: DerReader, _: Draft, __: Uint8Array, isCritical: boolean): void {
  notCritical(isCritical, "authority information access");
  for (const list = value.inside(tags.sequence, "authority information access"); !list.isEmpty;) {
    const description = list.inside(tags.sequence, "access description");
    description.oid("access method");
    description.optional(0x86, "access location");
  }
}

/** RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.2.1: these must not be critical, and Go refuses the certificate. */
function notCritical(isCritical: boolean, what: string): void {
  if (isCritical) throw new DerInvalid(`${what} is marked critical`);
}

function policyId(reader: DerReader): string {
  return Buffer.from(reader.content(tags.oid, "policy")).toString("hex");
}

function isMinimalOid(hexadecimal: string): boolean {
  const bytes = Buffer.from(hexadecimal, "hex");
  const last = bytes.at(-1);
  return (
    last !== undefined && last < 0x80 && bytes.every((byte, index) => byte !== 0x80 || (bytes[index - 1] ?? 0) >= 0x80)
  );
}

function signed(bytes: Uint8Array): number {
  if (bytes.length > 8) throw new DerInvalid("policy limit is huge");
  return Number(BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString("hex")}`)));
}
