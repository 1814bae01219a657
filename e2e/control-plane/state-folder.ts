/** The folder that a control plane keeps everything in: certificates, kubeconfigs, etcd's data, logs. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyPair } from "@kubemetrics/x509";

export interface StateFolder {
  readonly path: string;
  /** Writes a file that only its owner reads; returns its path. */
  file(name: string, text: string): string;
  /** Writes `<name>.crt` and `<name>.key`. */
  pair(name: string, keys: KeyPair): PairOfFiles;
  /** Removes it, mounts of a kubelet or a container runtime below it included. */
  remove(): void;
}

export interface PairOfFiles {
  readonly certificate: string;
  readonly key: string;
}

export function stateFolder(): StateFolder {
  const path = mkdtempSync(join(tmpdir(), "kubemetrics-control-plane-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(path, name), text, { mode: 0o600 });
    return join(path, name);
  };
  return {
    path,
    file,
    pair: (name, { certificatePem, keyPem }) => ({
      certificate: file(`${name}.crt`, certificatePem),
      key: file(`${name}.key`, keyPem),
    }),
    remove: () => removeFolder(path),
  };
}

function removeFolder(folder: string): void {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).toReversed()) {
    execFileSync("umount", ["--lazy", mount]);
  }
  rmSync(folder, { recursive: true, force: true });
}
