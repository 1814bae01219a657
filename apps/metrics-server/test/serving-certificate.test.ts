import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Clock, ServingPair } from "@kubemetrics/apiservice";
import { issueAuthority, issueServer } from "@kubemetrics/x509";
import { ServingCertificate, type ServingCertificateOptions } from "../src/serving-certificate.ts";
import { readText } from "../src/text-files.ts";
import { recordingLog, type LogLine } from "./running.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "serving-certificate-"));
});
afterAll(() => rm(root, { recursive: true }));

const dayMs = 24 * 3_600_000;

interface Bench {
  readonly options: ServingCertificateOptions;
  readonly lines: LogLine[];
  readonly folder: string;
  readonly pass: (ms: number) => void;
}

async function bench(serving: Partial<ServingCertificateOptions["serving"]> = {}): Promise<Bench> {
  const folder = await mkdtemp(join(root, "dir-"));
  let nowMs = Date.now();
  const clock: Clock = { now: () => nowMs, after: () => () => {} };
  const { log, lines } = recordingLog();
  const options = {
    serving: { certDir: folder, tlsCertFile: "", tlsPrivateKeyFile: "", ...serving },
    readText,
    clock,
    log,
  };
  return { options, lines, folder, pass: (ms) => (nowMs += ms) };
}

async function refreshed(certificate: ServingCertificate): Promise<ServingPair | undefined> {
  let used: ServingPair | undefined;
  await certificate.refresh((pair) => (used = pair));
  return used;
}

const authority = issueAuthority({ commonName: "ca" });
const pair = (commonName: string): ServingPair =>
  issueServer(authority, { commonName, dnsNames: ["x"], ipAddresses: [] });

test("without files a certificate is issued, kept with its authority for the next start, and its key is private", async () => {
  const { options, folder } = await bench();
  const first = await ServingCertificate.open(options);
  const leaf = new X509Certificate(first.current.certificatePem);
  expect(leaf.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1");
  expect(leaf.subject).toMatch(/^CN=localhost@\d+$/);
  expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBeGreaterThanOrEqual(365 * dayMs);
  expect(first.current.certificatePem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(await readFile(join(folder, "apiserver.crt"), "utf8")).toBe(first.current.certificatePem);
  expect((await stat(join(folder, "apiserver.key"))).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).toSorted()).toStrictEqual(["apiserver.crt", "apiserver.key"]);
  expect((await ServingCertificate.open(options)).current).toStrictEqual(first.current);
});

test("an own certificate is renewed while running, a month before it ends", async () => {
  const { options, folder, pass, lines } = await bench();
  const certificate = await ServingCertificate.open(options);
  const before = certificate.current.certificatePem;
  pass(334 * dayMs);
  expect(await refreshed(certificate)).toBeUndefined();
  pass(2 * dayMs);
  const renewed = await refreshed(certificate);
  expect(renewed?.certificatePem).not.toBe(before);
  expect(certificate.current).toBe(renewed);
  expect(await readFile(join(folder, "apiserver.crt"), "utf8")).toBe(renewed?.certificatePem);
  expect(lines.map((line) => line.message)).toStrictEqual(["serving certificate replaced"]);
});

test.each([
  ["another key", async (folder: string) => writeFile(join(folder, "apiserver.key"), pair("other").keyPem)],
  ["no key", async (folder: string) => rm(join(folder, "apiserver.key"))],
  ["garbage", async (folder: string) => writeFile(join(folder, "apiserver.crt"), "garbage")],
])("what is left in the folder is replaced when there is %s", async (_, spoil) => {
  const { options, folder } = await bench();
  const first = await ServingCertificate.open(options);
  await spoil(folder);
  const second = await ServingCertificate.open(options);
  expect(second.current.certificatePem).not.toBe(first.current.certificatePem);
});

test("a folder that cannot be written costs a warning, not the start", async () => {
  const file = join(root, "a-file");
  await writeFile(file, "");
  const { options, lines } = await bench({ certDir: join(file, "folder") });
  const certificate = await ServingCertificate.open(options);
  expect(certificate.current.certificatePem).toContain("BEGIN CERTIFICATE");
  expect(lines.map((line) => line.level)).toStrictEqual(["warn"]);
});

test("given files are served, and replaced when they change, both together", async () => {
  const made = await bench();
  const [tlsCertFile, tlsPrivateKeyFile] = [join(made.folder, "tls.crt"), join(made.folder, "tls.key")];
  const options = { ...made.options, serving: { certDir: made.folder, tlsCertFile, tlsPrivateKeyFile } };
  const write = async ({ certificatePem, keyPem }: ServingPair): Promise<void> => {
    await writeFile(tlsCertFile, certificatePem);
    await writeFile(tlsPrivateKeyFile, keyPem);
  };
  const [first, second] = [pair("first"), pair("second")];
  await write(first);
  const certificate = await ServingCertificate.open(options);
  expect(certificate.current).toStrictEqual({ certificatePem: first.certificatePem, keyPem: first.keyPem });
  expect(await refreshed(certificate)).toBeUndefined();
  await writeFile(tlsCertFile, second.certificatePem);
  expect(await refreshed(certificate), "half a change is none").toBeUndefined();
  expect(await refreshed(certificate)).toBeUndefined();
  expect(made.lines.map((line) => line.fields["reason"])).toStrictEqual([
    expect.stringContaining("the key does not belong to the certificate"),
  ]);
  await write(second);
  expect((await refreshed(certificate))?.certificatePem).toBe(second.certificatePem);
});

test("given files that cannot be used stop the start", async () => {
  const { options, folder } = await bench({ tlsCertFile: "/nowhere/tls.crt", tlsPrivateKeyFile: "/nowhere/tls.key" });
  await expect(ServingCertificate.open(options)).rejects.toThrow(/\/nowhere\/tls/);
  const [tlsCertFile, tlsPrivateKeyFile] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  await writeFile(tlsCertFile, pair("a").certificatePem);
  await writeFile(tlsPrivateKeyFile, pair("b").keyPem);
  const mixed = { ...options, serving: { ...options.serving, tlsCertFile, tlsPrivateKeyFile } };
  await expect(ServingCertificate.open(mixed)).rejects.toThrow(
    /--tls-cert-file .*: the key does not belong to the certificate/,
  );
});
