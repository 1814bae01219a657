/** Follows a certificate and its key on disk, so that a renewed pair is served without a restart. */
import { ServingPairInvalid } from "./apiservice-error.ts";
import type { Clock } from "./clock.ts";
import type { Log, ServingPair } from "./server-options.ts";

export interface ServingPairFilesOptions {
  readonly certificatePath: string;
  readonly keyPath: string;
  /** Reads a file as text. */
  readonly readFile: (path: string) => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** Default one minute. */
  readonly everyMs?: number;
}

/**
 * Reads the pair again and again and hands over what changed.
 *
 * Files that are unreadable, or do not belong together because only one of them was written yet, change nothing: the
 * pair in use stays and the next look may succeed. Each new problem is logged once.
 */
export class ServingPairFiles {
  readonly #options: ServingPairFilesOptions;
  #current: ServingPair | undefined;
  #problem = "";
  #isClosed = false;
  #cancel: (() => void) | undefined;

  constructor(options: ServingPairFilesOptions) {
    this.#options = options;
  }

  /**
   * The pair as it is now.
   *
   * @throws ServingPairInvalid naming the file that cannot be read
   */
  async load(): Promise<ServingPair> {
    const { certificatePath, keyPath } = this.#options;
    const [certificatePem, keyPem] = await Promise.all([this.#read(certificatePath), this.#read(keyPath)]);
    const pair = { certificatePem, keyPem };
    this.#current ??= pair;
    return pair;
  }

  /** Starts to look. `use` throws when a pair cannot be served; it gets every pair that differs from the one in use. */
  follow(use: (pair: ServingPair) => void): void {
    const { clock, everyMs = 60_000 } = this.#options;
    this.#cancel = clock.after(everyMs, () => {
      void this.#look(use).then(() => {
        if (!this.#isClosed) this.follow(use);
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #look(use: (pair: ServingPair) => void): Promise<void> {
    const { log, certificatePath } = this.#options;
    try {
      const pair = await this.load();
      if (!this.#isClosed && !isSame(pair, this.#current)) {
        use(pair);
        this.#current = pair;
        log.info({ certificatePath }, "serving a renewed certificate");
      }
      this.#problem = "";
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem)
        log.warn({ err: error, certificatePath }, "keeping the serving certificate in use");
      this.#problem = problem;
    }
  }

  async #read(path: string): Promise<string> {
    try {
      return await this.#options.readFile(path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ServingPairInvalid(`cannot read ${path}: ${why}`, { cause });
    }
  }
}

function isSame(a: ServingPair, b: ServingPair | undefined): boolean {
  return a.certificatePem === b?.certificatePem && a.keyPem === b.keyPem;
}
