/** What a Go client learns from a server about the certificates that it accepts, and which of its own it then shows. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KeyPair } from "@kubemetrics/x509";
import { goProgram } from "./go-programs.ts";

export interface GoClient {
  /** `https://<address>:<port>/<path>`; the path is asked for. */
  readonly url: string;
  readonly authorityPem: string;
  /** In this order crypto/tls tries them. Default none. */
  readonly certificates?: readonly KeyPair[];
  readonly isTls12?: boolean;
}

export interface GoHandshake {
  readonly asked: boolean;
  /** Subjects of the authorities that the server names, in its order. */
  readonly names: readonly string[];
  readonly status: number;
  readonly body: string;
}

export async function goHandshake({
  url,
  authorityPem,
  certificates = [],
  isTls12 = false,
}: GoClient): Promise<GoHandshake> {
  const folder = mkdtempSync(join(tmpdir(), "kubemetrics-go-client-"));
  try {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const pairs = certificates.flatMap(({ certificatePem, keyPem }, index) => [
      file(`${index}.crt`, certificatePem),
      file(`${index}.key`, keyPem),
    ]);
    const flags = ["-ca", file("authority.crt", authorityPem), ...(isTls12 ? ["-tls12"] : [])];
    const { stdout } = await promisify(execFile)(await goProgram("accepted-authorities"), [...flags, url, ...pairs]);
    return JSON.parse(stdout) as GoHandshake;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
