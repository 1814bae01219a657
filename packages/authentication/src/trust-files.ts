/** Trust from files: `--client-ca-file`, `--requestheader-client-ca-file` and the flags that go with it. */
import { parseBundle, type Bundle } from "@kubemetrics/x509";
import { TrustConfigurationInvalid } from "./errors.ts";
import type { IdentityHeaders } from "./identity-headers.ts";
import { NoticeBoard, type TrustNotice } from "./trust-notices.ts";
import { trustWarnings } from "./trust-warnings.ts";
import type { Trust, TrustSource } from "./trust.ts";

export interface TrustFilesOptions {
  /** PEM bundle of the CAs of users' certificates. */
  readonly clientAuthorityFile?: string | undefined;
  readonly requestHeader?: RequestHeaderFiles | undefined;
  /** Reads a file as text; `node:fs/promises` readFile with "utf8", for example. */
  readonly readFile: (path: string) => Promise<string>;
  /** Called once for each thing an operator should know. */
  readonly onNotice: (notice: TrustNotice) => void;
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
}

/** Header names are trimmed, as flags are upstream. */
export interface RequestHeaderFiles extends IdentityHeaders {
  /** PEM bundle of the CAs of the front proxy. */
  readonly authorityFile: string;
  readonly allowedNames: readonly string[];
}

/**
 * Trust from files, read again whenever `reload` is called. A file that cannot be read or used then leaves the last
 * good bundle in force, and is said.
 */
export class TrustFiles implements TrustSource {
  readonly onNotice: (notice: TrustNotice) => void;
  readonly #options: TrustFilesOptions;
  readonly #board: NoticeBoard;
  readonly #headers: IdentityHeaders & { readonly allowedNames: readonly string[] };
  readonly #texts = new Map<string, string>();
  readonly #bundles = new Map<string, Bundle>();
  #trust: Trust = { requestHeader: undefined, clientAuthorities: undefined };

  private constructor(options: TrustFilesOptions) {
    this.#options = options;
    this.onNotice = options.onNotice;
    this.#board = new NoticeBoard(options.onNotice);
    this.#headers = trimmedHeaders(options.requestHeader);
  }

  /**
   * Reads the files for the first time.
   *
   * @throws TrustConfigurationInvalid listing every file that cannot be used and every empty header name
   */
  static async open(options: TrustFilesOptions): Promise<TrustFiles> {
    const files = new TrustFiles(options);
    const problems = [...emptyNames(options.requestHeader), ...(await files.#read())];
    if (problems.length > 0) throw new TrustConfigurationInvalid(problems);
    files.#update([]);
    return files;
  }

  current(): Trust {
    return this.#trust;
  }

  /** Reads the files again: call it when they change, and once a minute to be sure. Never rejects. */
  async reload(): Promise<void> {
    const problems = await this.#read();
    this.#update(
      problems.map((problem) => ({ code: "BAD_VALUE", message: `${problem}; the last good bundle stays in force` })),
    );
  }

  async #read(): Promise<readonly string[]> {
    const { clientAuthorityFile, requestHeader, readFile } = this.#options;
    const problems: string[] = [];
    for (const path of new Set([clientAuthorityFile, requestHeader?.authorityFile])) {
      if (path === undefined) continue;
      try {
        const text = await readFile(path);
        if (text === this.#texts.get(path)) continue;
        this.#bundles.set(path, parseBundle(text));
        this.#texts.set(path, text);
      } catch (error) {
        problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return problems;
  }

  #update(notices: readonly TrustNotice[]): void {
    const { clientAuthorityFile = "", requestHeader, clock = Date.now } = this.#options;
    const before = this.#trust;
    const clientAuthorities = this.#bundles.get(clientAuthorityFile);
    const authorities = this.#bundles.get(requestHeader?.authorityFile ?? "");
    const isSame = clientAuthorities === before.clientAuthorities && authorities === before.requestHeader?.authorities;
    if (!isSame) {
      this.#trust = {
        requestHeader: requestHeader === undefined ? undefined : { ...this.#headers, authorities },
        clientAuthorities,
      };
    }
    this.#board.post([...notices, ...trustWarnings(this.#trust, clock(), before)]);
  }
}

function trimmedHeaders(files: RequestHeaderFiles | undefined): IdentityHeaders & { allowedNames: readonly string[] } {
  const trim = (names: readonly string[] = []): readonly string[] => names.map((name) => name.trim());
  return {
    usernameHeaders: trim(files?.usernameHeaders),
    uidHeaders: trim(files?.uidHeaders),
    groupHeaders: trim(files?.groupHeaders),
    extraHeaderPrefixes: trim(files?.extraHeaderPrefixes),
    allowedNames: files?.allowedNames ?? [],
  };
}

function emptyNames(files: RequestHeaderFiles | undefined): readonly string[] {
  if (files === undefined) return [];
  const flags: readonly (readonly [flag: string, names: readonly string[]])[] = [
    ["--requestheader-username-headers", files.usernameHeaders],
    ["--requestheader-uid-headers", files.uidHeaders],
    ["--requestheader-group-headers", files.groupHeaders],
    ["--requestheader-extra-headers-prefix", files.extraHeaderPrefixes],
  ];
  return flags
    .filter(([, names]) => names.some((name) => name.trim() === ""))
    .map(([flag]) => `${flag} contains an empty name; remove it`);
}
