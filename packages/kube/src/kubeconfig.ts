import { readFile } from "node:fs/promises";
import { systemClock, type Clock } from "./clock.ts";
import type { ClusterConfig, TlsMaterial } from "./cluster-config.ts";
import type { CredentialPlugin, PluginCredential } from "./internal/credential-plugin.ts";
import { Deadline } from "./internal/deadline.ts";
import { loadKubeconfigFile, type LoadedKubeconfig } from "./internal/kubeconfig-file.ts";
import { RotatingFile, type ReadFile } from "./internal/rotating-file.ts";
import { KubeUnreachable } from "./kube-error.ts";

export interface KubeconfigOptions {
  readonly path: string;
  /** Default: the file's current context. */
  readonly context?: string;
  readonly readFile?: ReadFile;
  readonly clock?: Clock;
}

/** How often a plugin's answer is asked for again; the plugin itself runs only when its credential has expired. */
const pluginMaxAgeMs = 10_000;
/** Shorter than the time of a list or watch, whose failure would say less. */
const pluginLimitMs = 20_000;
/** A kubeconfig is loaded again after a refusal and after a failed plugin, but not more often than this. */
const reloadAfterMs = 10_000;

/**
 * A cluster and user of a kubeconfig: certificates as data or files, token and token file, user name and password, exec plugin, auth provider.
 *
 * An exec plugin gets `KUBERNETES_EXEC_INFO` and no input; it is killed when it has not ended after 20 s.
 *
 * Certificate and token files are read again when they are a minute old, the kubeconfig itself when its credentials were refused. What it
 * holds and we do not use (`proxy-url`) is in `warnings`. The library that reads it is loaded on the first call: importing this
 * package does not load it (docs/decisions/0002).
 *
 * @throws KubeConfigInvalid naming everything that is wrong
 */
export async function kubeconfigConfig(options: KubeconfigOptions): Promise<ClusterConfig> {
  const read = options.readFile ?? ((path: string) => readFile(path, "utf8"));
  const source = new KubeconfigSource(options, read, options.clock ?? systemClock);
  const { cluster, warnings, context } = await source.loaded();
  return {
    description: `kubeconfig ${options.path}, context "${context}"`,
    server: cluster.server,
    tlsServerName: cluster.tlsServerName,
    insecureSkipTlsVerify: cluster.skipTLSVerify,
    warnings,
    tls: () => source.tls(),
    authorization: () => source.authorization(),
    credentialsRefused: () => source.refused(),
  };
}

class KubeconfigSource {
  readonly #options: KubeconfigOptions;
  readonly #read: ReadFile;
  readonly #clock: Clock;
  readonly #files = new Map<string, RotatingFile>();
  #loading: Promise<LoadedKubeconfig> | undefined;
  #loadedAtMs = 0;
  #stale = false;
  #asked: { readonly credential: Promise<PluginCredential>; answeredAtMs: number | undefined } | undefined;

  constructor(options: KubeconfigOptions, read: ReadFile, clock: Clock) {
    this.#options = options;
    this.#read = read;
    this.#clock = clock;
  }

  loaded(): Promise<LoadedKubeconfig> {
    if (this.#loading === undefined || (this.#stale && this.#clock.now() - this.#loadedAtMs >= reloadAfterMs)) {
      const before = this.#loading;
      this.#stale = false;
      this.#loadedAtMs = this.#clock.now();
      this.#asked = undefined;
      const { path, context } = this.#options;
      const load = loadKubeconfigFile(path, context, this.#read, () => this.#clock.now());
      // A kubeconfig that became unreadable must not cost us the credentials that may still work.
      this.#loading = before === undefined ? load : load.catch(() => before);
    }
    return this.#loading;
  }

  refused(): void {
    this.#stale = true;
    for (const file of this.#files.values()) file.expire();
  }

  async tls(): Promise<TlsMaterial> {
    const { cluster, user } = await this.loaded();
    const plugin = await this.#credential();
    return {
      certificateAuthority: await this.#pem(cluster.caFile, cluster.caData),
      certificate: plugin?.certificate ?? (await this.#pem(user.certFile, user.certData)),
      key: plugin?.key ?? (await this.#pem(user.keyFile, user.keyData)),
    };
  }

  async authorization(): Promise<string | undefined> {
    const { user, tokenFile } = await this.loaded();
    const token = tokenFile === undefined ? user.token : await this.#token(tokenFile, user.token);
    if (token) return `Bearer ${token.trim()}`;
    const plugin = await this.#credential();
    if (plugin !== undefined) return plugin.authorization;
    if (!user.username) return undefined;
    return `Basic ${Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64")}`;
  }

  /** As client-go does: the file wins, and a token beside it only stands in for a file that cannot be read. */
  async #token(file: string, token: string | undefined): Promise<string> {
    try {
      return await this.#text(file);
    } catch (error) {
      if (token) return token;
      throw error;
    }
  }

  async #pem(file: string | undefined, data: string | undefined): Promise<string | undefined> {
    // As kubectl does: data wins over a file.
    if (data) return Buffer.from(data, "base64").toString("utf8");
    return file ? this.#text(file) : undefined;
  }

  async #text(file: string): Promise<string> {
    const rotating = this.#files.get(file) ?? new RotatingFile(file, this.#read, this.#clock);
    this.#files.set(file, rotating);
    try {
      return await rotating.text();
    } catch (cause) {
      throw new KubeUnreachable("CREDENTIALS", `cannot read ${file}, which kubeconfig ${this.#options.path} names`, {
        cause,
      });
    }
  }

  async #credential(): Promise<PluginCredential | undefined> {
    const { plugin } = await this.loaded();
    if (plugin === undefined) return undefined;
    const now = this.#clock.now();
    if (this.#asked === undefined || now - (this.#asked.answeredAtMs ?? now) >= pluginMaxAgeMs) {
      this.#asked = { credential: askPlugin(plugin, this.#options.path, this.#clock), answeredAtMs: undefined };
    }
    const asked = this.#asked;
    try {
      const credential = await asked.credential;
      asked.answeredAtMs ??= this.#clock.now();
      return credential;
    } catch (error) {
      if (this.#asked === asked) this.#asked = undefined;
      // What went wrong may have been put right in the file since, and a provider may keep what it cannot use.
      this.#stale = true;
      throw error;
    }
  }
}

async function askPlugin(plugin: CredentialPlugin, path: string, clock: Clock): Promise<PluginCredential> {
  const deadline = new Deadline(clock, undefined);
  const late = `${plugin.name} did not end within ${pluginLimitMs / 1000} s, and there is nobody whom it could ask`;
  deadline.restart(pluginLimitMs, () => new Error(late));
  try {
    return await deadline.race(plugin.credential(deadline.signal));
  } catch (cause) {
    const text = (cause as Error).message.trim();
    throw new KubeUnreachable(
      "CREDENTIALS",
      `the credential plugin of kubeconfig ${path} failed: ${text}; run its command by hand`,
      { cause },
    );
  } finally {
    deadline.end();
  }
}
