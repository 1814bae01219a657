/** A file that lines are appended to, cut into pieces of bounded size, number and age. */
import { basename, dirname, join } from "node:path";
import type { Clock } from "./clock.ts";
import type { Log } from "./server-options.ts";

/** The calls needed; `node:fs/promises` fits. */
export interface FileCalls {
  appendFile(path: string, text: string, options: { readonly mode: number }): Promise<void>;
  stat(path: string): Promise<{ readonly size: number }>;
  rename(from: string, to: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  unlink(path: string): Promise<void>;
}

export interface RotatingFileOptions {
  readonly path: string;
  readonly files: FileCalls;
  readonly clock: Clock;
  readonly log: Log;
  /** A new piece starts before the file would grow beyond this. Default 100 MB. */
  readonly maxBytes?: number;
  /** Old pieces kept. Default 100; 0 keeps all. */
  readonly maxBackups?: number;
  /** Old pieces kept for this long. Default 366 days; 0 keeps all. */
  readonly maxAgeMs?: number;
}

/** Lines, and their bytes, that wait beyond this are dropped and counted: a slow disk must not fill the memory. */
const longestQueue = 10_000;
const mostQueuedBytes = 64 * 1024 * 1024;
/** Lines are handed over together, up to this. */
const burstBytes = 1024 * 1024;
const defaultMaxBytes = 100 * 1024 * 1024;
const day = 24 * 3600_000;

interface Line {
  readonly text: string;
  readonly bytes: number;
}

/** Writes behind the caller's back, in order. A failing disk is reported once and again when it recovers. */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  readonly #queue: Line[] = [];
  #queuedBytes = 0;
  #size: number | undefined;
  #writing: Promise<void> | undefined;
  #dropped = 0;
  #isFailing = false;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#queue.length >= longestQueue || this.#queuedBytes + bytes > mostQueuedBytes) {
      this.#dropped++;
    } else {
      this.#queue.push({ text: `${line}\n`, bytes });
      this.#queuedBytes += bytes;
    }
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything written so far is in the file or given up. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#queue.length > 0) {
      try {
        await this.#append(this.#take());
        this.#recovered();
      } catch (error) {
        if (!this.#isFailing) this.#options.log.error({ err: error, path: this.#options.path }, "cannot write to file");
        this.#isFailing = true;
      }
    }
    this.#writing = undefined;
  }

  /** At least one line, and no more than a piece of the file holds. */
  #take(): Line {
    const most = Math.min(burstBytes, this.#options.maxBytes ?? defaultMaxBytes);
    let [count, bytes] = [0, 0];
    for (const line of this.#queue) {
      if (count > 0 && bytes + line.bytes > most) break;
      bytes += line.bytes;
      count++;
    }
    this.#queuedBytes -= bytes;
    const text = this.#queue.splice(0, count).map((line) => line.text);
    return { text: text.join(""), bytes };
  }

  #recovered(): void {
    const { log, path } = this.#options;
    if (this.#isFailing) log.info({ path }, "writing to file again");
    if (this.#dropped > 0) log.warn({ path, dropped: this.#dropped }, "lines were dropped while the file was slow");
    this.#isFailing = false;
    this.#dropped = 0;
  }

  async #append({ text, bytes }: Line): Promise<void> {
    const { path, files, maxBytes = defaultMaxBytes } = this.#options;
    this.#size ??= await files.stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    if (this.#size > 0 && this.#size + bytes > maxBytes) await this.#rotate();
    await files.appendFile(path, text, { mode: 0o600 });
    this.#size = (this.#size ?? 0) + bytes;
  }

  async #rotate(): Promise<void> {
    const { path, files, clock } = this.#options;
    const stamp = new Date(clock.now()).toISOString().replace(/[:.]/g, "-");
    await files.rename(path, `${path}.${stamp}`);
    this.#size = 0;
    await this.#removeOld();
  }

  async #removeOld(): Promise<void> {
    const { path, files, clock, maxBackups = 100, maxAgeMs = 366 * day } = this.#options;
    const prefix = `${basename(path)}.`;
    const stampOf = (name: string): string => name.slice(prefix.length);
    const pieces = (await files.readdir(dirname(path)))
      .filter((name) => name.startsWith(prefix) && /^\d{4}-\d\d-\d\dT[\d-]+Z$/.test(stampOf(name)))
      .toSorted()
      .toReversed();
    const oldest = new Date(clock.now() - maxAgeMs).toISOString().replace(/[:.]/g, "-");
    for (const [at, name] of pieces.entries()) {
      const isTooMany = maxBackups > 0 && at >= maxBackups;
      const isTooOld = maxAgeMs > 0 && stampOf(name) < oldest;
      if (isTooMany || isTooOld) await files.unlink(join(dirname(path), name));
    }
  }
}
