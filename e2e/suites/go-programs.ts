/** Small Go programs of the suites' own: what only a Go client can show. Built when missing, kept by the content of their sources. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { AssetUnavailable, cacheFolder } from "../control-plane/assets.ts";

/** Folders beside this file, each a module with a `main.go`. */
export type GoProgram = "accepted-authorities" | "openapi-round-trip";

/** Path of the program. Ready-made ones are taken from the folder `KUBEMETRICS_E2E_ASSETS`, as the Kubernetes programs are. */
export async function goProgram(name: GoProgram): Promise<string> {
  const given = process.env["KUBEMETRICS_E2E_ASSETS"];
  if (given !== undefined && existsSync(join(given, name))) return join(given, name);
  const source = join(import.meta.dirname, name);
  const path = join(cacheFolder(), `${name}-${contentVersion(source)}`, name);
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const env = { ...process.env, CGO_ENABLED: "0" };
  try {
    await promisify(execFile)("go", ["build", "-trimpath", "-o", unfinished, "."], { cwd: source, env });
  } catch (cause) {
    throw new AssetUnavailable(
      `the suite builds ${name} with Go; install Go 1.26 or newer, or put the program into KUBEMETRICS_E2E_ASSETS`,
      { cause },
    );
  }
  renameSync(unfinished, path);
  return path;
}

function contentVersion(folder: string): string {
  const hash = createHash("sha256");
  for (const file of ["main.go", "go.mod"]) hash.update(readFileSync(join(folder, file)));
  return hash.digest("hex").slice(0, 12);
}
