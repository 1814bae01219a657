/** What the vector files about authentication have in common. */
import type { VectorFile } from "@kubemetrics/conformance";
import type { UserInfo } from "@kubemetrics/authentication";
import { CertificateInvalid, parseBundle, type Bundle } from "@kubemetrics/x509";
import { headerBytes } from "../src/internal/header-text.ts";

/** Text, or bytes that are not UTF-8. */
export type Bytes = string | { readonly b64: string };
export type BundlePart = string | { readonly text: string };
export type HeaderLines = readonly (readonly [name: string, value: Bytes])[];

export interface RecordedUser {
  readonly name: Bytes;
  readonly uid: Bytes;
  readonly groups: readonly Bytes[];
  readonly extra: readonly (readonly [key: Bytes, values: readonly Bytes[]])[];
}

export const timeMs = 1_800_000_000_000;

function pemOf(file: VectorFile, id: string): string {
  return (file["certs"] as Record<string, string>)[id] ?? "";
}

export function derOf(file: VectorFile, id: string): Uint8Array {
  return Buffer.from(pemOf(file, id).replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
}

export function chainOf(file: VectorFile, ids: readonly string[]): readonly Uint8Array[] {
  return ids.map((id) => derOf(file, id));
}

export function bundleText(file: VectorFile, parts: readonly BundlePart[]): string {
  return parts.map((part) => (typeof part === "string" ? pemOf(file, part) : part.text)).join("");
}

/** `undefined` when the bundle is unusable as a whole. */
export function bundleOf(file: VectorFile, parts: readonly BundlePart[]): Bundle | undefined {
  try {
    return parseBundle(bundleText(file, parts));
  } catch (error) {
    if (error instanceof CertificateInvalid) return undefined;
    throw error;
  }
}

/** As Node's `rawHeaders` has them: bytes as latin-1. */
export function rawHeadersOf(lines: HeaderLines): string[] {
  return lines.flatMap(([name, value]) => [name, latin1(value)]);
}

function latin1(value: Bytes): string {
  return (typeof value === "string" ? Buffer.from(value) : Buffer.from(value.b64, "base64")).toString("latin1");
}

/** In the form of the vectors: extra sorted by key, what is not UTF-8 as bytes. */
export function recorded(user: UserInfo): RecordedUser {
  return {
    name: bytesOf(user.name),
    uid: bytesOf(user.uid),
    groups: user.groups.map(bytesOf),
    extra: [...user.extra]
      .toSorted(([a], [b]) => Buffer.compare(headerBytes(a), headerBytes(b)))
      .map(([key, values]) => [bytesOf(key), values.map(bytesOf)]),
  };
}

function bytesOf(text: string): Bytes {
  return text.isWellFormed() ? text : { b64: headerBytes(text).toString("base64") };
}

/** Lower case, sorted, each once. */
export function namesOf(rawHeaders: readonly string[]): string[] {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  return [...new Set(names)].toSorted();
}

/** What Node's HTTP parser would answer 400 to. */
export function isBadRequest(lines: HeaderLines): boolean {
  return lines.some(([name]) => !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name));
}
