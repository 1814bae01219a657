import type { Clock } from "../clock.ts";

/** Reads a text file. */
export type ReadFile = (path: string) => Promise<string>;

/**
 * A file that others replace while we run: its text is at most `maxAgeMs` old.
 *
 * When a later read fails the last good text stays, because a half-finished rotation must not cost the connection.
 */
export class RotatingFile {
  readonly path: string;
  readonly #read: ReadFile;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  #text: string | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<string> | undefined;

  constructor(path: string, read: ReadFile, clock: Clock, maxAgeMs = 60_000) {
    this.path = path;
    this.#read = read;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** @throws what the reader throws, when no good text was ever read */
  text(): Promise<string> {
    if (this.#text !== undefined && this.#elapsedMs() - this.#readAtMs < this.#maxAgeMs)
      return Promise.resolve(this.#text);
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** The next `text()` reads the file. */
  expire(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A clock that is set back must not keep an old token for as long. */
  #elapsedMs(): number {
    return this.#clock.elapsed?.() ?? this.#clock.now();
  }

  async #refresh(): Promise<string> {
    const startedMs = this.#elapsedMs();
    try {
      const text = await this.#read(this.path);
      if (text.trim() === "") throw new Error(`${this.path} is empty`);
      this.#text = text;
    } catch (error) {
      if (this.#text === undefined) throw error;
    }
    this.#readAtMs = startedMs;
    return this.#text;
  }
}
