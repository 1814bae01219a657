/** Reads a kubeconfig with the official client's loader, which is imported when the first one is read, and never before. */
import { dirname, resolve } from "node:path";
import type { Cluster, KubeConfig, User } from "@kubernetes/client-node";
import { KubeConfigInvalid } from "../kube-error.ts";
import { credentialPlugin, type CredentialPlugin } from "./credential-plugin.ts";
import { execCluster, type ClusterEntry } from "./exec-cluster.ts";
import type { ReadFile } from "./rotating-file.ts";
import { shownAddress } from "./shown-address.ts";

export interface LoadedKubeconfig {
  readonly context: string;
  readonly cluster: Cluster;
  readonly user: Partial<User>;
  /** Wins over a token of the user. */
  readonly tokenFile: string | undefined;
  /** Where credentials come from that are not in the file. */
  readonly plugin: CredentialPlugin | undefined;
  readonly warnings: readonly string[];
}

/** What the official loader drops. */
interface KubeconfigEntries {
  readonly clusters?: readonly { readonly name?: unknown; readonly cluster?: ClusterEntry }[];
  readonly users?: readonly {
    readonly name?: unknown;
    readonly user?: { readonly tokenFile?: string | null } | null;
  }[];
}

/** @throws KubeConfigInvalid naming everything that is wrong */
export async function loadKubeconfigFile(
  path: string,
  context: string | undefined,
  read: ReadFile,
  nowMs: () => number,
): Promise<LoadedKubeconfig> {
  const text = await read(path).catch((cause: unknown) => {
    throw new KubeConfigInvalid(`cannot read kubeconfig ${path}: ${(cause as Error).message}`, { cause });
  });
  const { KubeConfig: Loader, loadYaml } = await import("./kubeconfig-loader.ts");
  const kubeConfig = new Loader();
  let entries: KubeconfigEntries;
  try {
    entries = (loadYaml(text) ?? {}) as KubeconfigEntries;
    kubeConfig.loadFromString(text);
  } catch (error) {
    throw notLoaded(path, error as Error);
  }
  kubeConfig.makePathsAbsolute(dirname(path));
  if (context !== undefined) kubeConfig.setCurrentContext(context);
  const found = chosen(kubeConfig, path);
  const { cluster, user } = found;
  const entry = entries.clusters?.find(({ name }) => name === cluster.name)?.cluster ?? {};
  const plugin = credentialPlugin(kubeConfig, user, {
    folder: dirname(path),
    cluster: () => execCluster(cluster, entry, read),
    nowMs,
  });
  const tokenFile = entries.users?.find(({ name }) => name === user.name)?.user?.tokenFile;
  return { ...found, plugin, tokenFile: tokenFile ? resolve(dirname(path), tokenFile) : undefined };
}

/** The message of a YAML mistake, and so the error itself, shows the lines around it: tokens and keys. */
function notLoaded(path: string, error: Error & { reason?: unknown; mark?: { line: number; column: number } }): Error {
  const invalid = `kubeconfig ${path} is not valid`;
  if (error.name !== "YAMLException") return new KubeConfigInvalid(`${invalid}: ${error.message}`, { cause: error });
  const { reason, mark } = error;
  const at = mark === undefined ? "" : ` in line ${mark.line + 1}, column ${mark.column + 1}`;
  // Some reasons end with the word that was found.
  return new KubeConfigInvalid(`${invalid}: ${String(reason).replace(/( ["!<]|: ).*/s, "")}${at}`);
}

function chosen(kubeConfig: KubeConfig, path: string): Omit<LoadedKubeconfig, "plugin" | "tokenFile"> {
  const name = kubeConfig.getCurrentContext() ?? "";
  const context = kubeConfig.getContextObject(name);
  if (context === null) {
    const known = kubeConfig.getContexts().map((one) => `"${one.name}"`);
    const asked = name === "" ? "has no current-context" : `has no context "${name}"`;
    throw new KubeConfigInvalid(
      `kubeconfig ${path} ${asked}; it has ${known.length === 0 ? "no contexts at all" : known.join(", ")}`,
    );
  }
  const cluster = kubeConfig.getCluster(context.cluster);
  const user = context.user === undefined ? null : kubeConfig.getUser(context.user);
  const problems = [
    cluster === null && `context "${name}" names cluster "${context.cluster}", which is not there`,
    cluster !== null &&
      !/^https?:\/\/[^/]+/.test(cluster.server) &&
      `server "${shownAddress(cluster.server)}" of cluster "${context.cluster}" is not an http(s) URL`,
    user === null && context.user && `context "${name}" names user "${context.user}", which is not there`,
    user?.impersonateUser &&
      `user "${context.user}" impersonates (as: ${user.impersonateUser}), which is not supported; use credentials of that user`,
  ].filter((problem) => typeof problem === "string");
  if (cluster === null || problems.length > 0)
    throw new KubeConfigInvalid(`kubeconfig ${path}: ${problems.join("; ")}`);
  return { context: name, cluster, user: user ?? {}, warnings: warningsFor(cluster) };
}

function warningsFor(cluster: Cluster): string[] {
  const warnings: string[] = [];
  if (cluster.proxyUrl)
    warnings.push(
      `proxy-url ${shownAddress(cluster.proxyUrl)} of cluster "${cluster.name}" is not used: connections are made directly`,
    );
  if (cluster.skipTLSVerify)
    warnings.push(
      `insecure-skip-tls-verify of cluster "${cluster.name}": whoever answers at ${shownAddress(cluster.server)} gets these credentials`,
    );
  if (shownAddress(cluster.server) !== cluster.server)
    warnings.push(
      `user name and password in server of cluster "${cluster.name}" are not used: give username and password of a user`,
    );
  if (cluster.server.startsWith("http:"))
    warnings.push(`cluster "${cluster.name}" is reached without TLS: anyone on the way can read and change everything`);
  return warnings;
}
