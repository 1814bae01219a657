/** The files of a demo: credentials and a log. The credentials end with the cluster, and are removed with it. */
import { chmodSync, mkdirSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The folder cannot be used. The message says why and what to do. */
export class FolderUnusable extends Error {
  readonly code = "FOLDER_UNUSABLE";
}

export class DemoFolder implements Disposable {
  readonly path: string;
  readonly #written: string[] = [];

  /** Makes the folder. @throws FolderUnusable */
  constructor(path: string) {
    this.path = path;
    try {
      makeFolder(path);
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  /** The path of a file in the folder that somebody else writes. It is removed at the end. */
  reserve(name: string): string {
    const path = join(this.path, name);
    this.#written.push(path);
    return path;
  }

  /** Writes a file for this user only. @throws FolderUnusable */
  write(name: string, text: string): string {
    const path = this.reserve(name);
    try {
      writeFileSync(path, text, { mode: 0o600 });
      chmodSync(path, 0o600);
    } catch (error) {
      throw this.#unusable(error);
    }
    return path;
  }

  /** Removes what was written, and the folder if nothing else is in it. */
  [Symbol.dispose](): void {
    for (const path of this.#written) rmSync(path, { force: true });
    try {
      rmdirSync(this.path);
    } catch {
      // Somebody else's files are in it: it stays.
    }
  }

  #unusable(error: unknown): FolderUnusable {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === "EACCES" || code === "EPERM" || code === "EROFS" ? "this user may not write there" : message;
    const advice = "run the demo in a folder of your own, or choose another with --dir";
    return new FolderUnusable(`${this.path} cannot hold the demo's kubeconfig: ${reason}; ${advice}`, { cause: error });
  }
}

/** Makes a folder and those above it. Node's own `recursive` tries forever where a file system denies that a folder can be made (/proc). */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(resolve(path));
  if (parent !== resolve(path)) makeFolder(parent);
  mkdirSync(path);
}
