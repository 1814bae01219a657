/** The certificate that the server shows: from files that others renew, or issued here and renewed here. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Log, ServingPair } from "@kubemetrics/apiservice";
import { issueAuthority, issueServer } from "@kubemetrics/x509";
import type { ServingOptions } from "./options.ts";
import type { ReadText } from "./text-files.ts";

export interface ServingCertificateOptions {
  readonly serving: Pick<ServingOptions, "certDir" | "tlsCertFile" | "tlsPrivateKeyFile">;
  readonly readText: ReadText;
  readonly clock: Clock;
  readonly log: Log;
}

const yearMs = 365 * 24 * 3_600_000;
/** A certificate of our own is replaced when less than this is left: clients with the old one have that long. */
const renewBeforeMs = 30 * 24 * 3_600_000;

/** The pair in use, and what it should be now. */
export class ServingCertificate {
  readonly #options: ServingCertificateOptions;
  readonly #isOwn: boolean;
  #current: ServingPair;
  /** The last pair that was refused, so that it is said once. */
  #refused = "";

  private constructor(options: ServingCertificateOptions, isOwn: boolean, current: ServingPair) {
    this.#options = options;
    this.#isOwn = isOwn;
    this.#current = current;
  }

  /** @throws when the given files cannot be used: serving with anything else would hide it */
  static async open(options: ServingCertificateOptions): Promise<ServingCertificate> {
    const { tlsCertFile, tlsPrivateKeyFile } = options.serving;
    if (tlsCertFile === "") return new ServingCertificate(options, true, await ownPair(options));
    const pair = await readPair(options.readText, tlsCertFile, tlsPrivateKeyFile);
    const problem = problemOf(pair);
    if (problem !== undefined)
      throw new Error(`--tls-cert-file ${tlsCertFile} and --tls-private-key-file ${tlsPrivateKeyFile}: ${problem}`);
    return new ServingCertificate(options, false, pair);
  }

  get current(): ServingPair {
    return this.#current;
  }

  /** Reads the files again, or renews what was issued here; hands a new pair on. Call it every few seconds. Never rejects. */
  async refresh(use: (pair: ServingPair) => void): Promise<void> {
    const { log, clock } = this.#options;
    try {
      const pair = this.#isOwn ? await this.#renewed(clock.now()) : await this.#reread();
      if (pair === undefined) return;
      use(pair);
      this.#current = pair;
      log.info({ notAfter: new X509Certificate(pair.certificatePem).validTo }, "serving certificate replaced");
    } catch (error) {
      const reason = (error as Error).message;
      if (reason !== this.#refused) log.warn({ reason }, "serving certificate not replaced; the one in use stays");
      this.#refused = reason;
    }
  }

  async #reread(): Promise<ServingPair | undefined> {
    const { tlsCertFile, tlsPrivateKeyFile } = this.#options.serving;
    const pair = await readPair(this.#options.readText, tlsCertFile, tlsPrivateKeyFile);
    const isSame = pair.certificatePem === this.#current.certificatePem && pair.keyPem === this.#current.keyPem;
    if (isSame) return undefined;
    const problem = problemOf(pair);
    if (problem !== undefined) throw new Error(`${tlsCertFile} and ${tlsPrivateKeyFile}: ${problem}`);
    return pair;
  }

  async #renewed(nowMs: number): Promise<ServingPair | undefined> {
    if (remainingMs(this.#current, nowMs) > renewBeforeMs) return undefined;
    const pair = issue(nowMs);
    await writePair(this.#options, pair);
    return pair;
  }
}

/** What is in the folder if it can be used, else a new pair, which is written there. */
async function ownPair(options: ServingCertificateOptions): Promise<ServingPair> {
  const { certDir } = options.serving;
  const nowMs = options.clock.now();
  if (certDir !== "") {
    const found = await readPair(
      options.readText,
      join(certDir, "apiserver.crt"),
      join(certDir, "apiserver.key"),
    ).catch(() => undefined);
    if (found !== undefined && problemOf(found) === undefined && remainingMs(found, nowMs) > renewBeforeMs)
      return found;
  }
  const pair = issue(nowMs);
  await writePair(options, pair);
  return pair;
}

/** The names are upstream's: whoever verifies a certificate for the Service's name needs files or a caBundle anyway. */
function issue(nowMs: number): ServingPair {
  const seconds = Math.floor(nowMs / 1000);
  const clock = (): number => nowMs;
  const authority = issueAuthority({ commonName: `localhost-ca@${seconds}`, clock, notAfterMs: nowMs + yearMs });
  const leaf = issueServer(authority, {
    commonName: `localhost@${seconds}`,
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    clock,
    notAfterMs: nowMs + yearMs,
  });
  return { certificatePem: `${leaf.certificatePem}${authority.certificatePem}`, keyPem: leaf.keyPem };
}

/** A folder that cannot be written costs only the reuse after a restart. */
async function writePair({ serving, log }: ServingCertificateOptions, pair: ServingPair): Promise<void> {
  if (serving.certDir === "") return;
  try {
    await mkdir(serving.certDir, { recursive: true });
    await replaceFile(join(serving.certDir, "apiserver.key"), pair.keyPem, 0o600);
    await replaceFile(join(serving.certDir, "apiserver.crt"), pair.certificatePem, 0o644);
  } catch (error) {
    log.warn(
      { reason: (error as Error).message },
      "the serving certificate is kept in memory only: --cert-dir cannot be written",
    );
  }
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}

async function readPair(readText: ReadText, certFile: string, keyFile: string): Promise<ServingPair> {
  const [certificatePem, keyPem] = await Promise.all([readText(certFile), readText(keyFile)]);
  return { certificatePem, keyPem };
}

function problemOf({ certificatePem, keyPem }: ServingPair): string | undefined {
  try {
    if (new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))) return undefined;
    return "the key does not belong to the certificate";
  } catch (error) {
    return (error as Error).message;
  }
}

function remainingMs({ certificatePem }: ServingPair, nowMs: number): number {
  return new X509Certificate(certificatePem).validToDate.getTime() - nowMs;
}
