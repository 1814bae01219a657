import { readFile } from "node:fs/promises";
import { systemClock, type Clock } from "./clock.ts";
import type { ClusterConfig, TlsMaterial } from "./cluster-config.ts";
import type { PluginCredential } from "./internal/credential-plugin.ts";
import { loadKubeconfigFile, type LoadedKubeconfig } from "./internal/kubeconfig-file.ts";
import { PluginRun } from "./internal/plugin-run.ts";
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
    tls: (closed) => source.tls(closed),
    authorization: (closed) => source.authorization(closed),
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
  #asked: PluginRun | undefined;

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

  async tls(closed: AbortSignal | undefined): Promise<TlsMaterial> {
    const { cluster, user } = await this.loaded();
    const plugin = await this.#credential(closed);
    return {
      certificateAuthority: await this.#pem(cluster.caFile, cluster.caData),
      certificate: plugin?.certificate ?? (await this.#pem(user.certFile, user.certData)),
      key: plugin?.key ?? (await this.#pem(user.keyFile, user.keyData)),
    };
  }

  async authorization(closed: AbortSignal | undefined): Promise<string | undefined> {
    const { user, tokenFile } = await this.loaded();
    const token = tokenFile === undefined ? user.token : await this.#token(tokenFile, user.token);
    if (token) return `Bearer ${token.trim()}`;
    const plugin = await this.#credential(closed);
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

  async #credential(closed: AbortSignal | undefined): Promise<PluginCredential | undefined> {
    const { plugin } = await this.loaded();
    if (plugin === undefined) return undefined;
    if (this.#asked === undefined || this.#asked.ageMs >= pluginMaxAgeMs)
      this.#asked = new PluginRun(plugin, this.#options.path, this.#clock);
    const asked = this.#asked;
    asked.join(closed);
    try {
      return await asked.credential;
    } catch (error) {
      if (this.#asked === asked) this.#asked = undefined;
      // What went wrong may have been put right in the file since, and a provider may keep what it cannot use.
      this.#stale = true;
      throw error;
    }
  }
}
