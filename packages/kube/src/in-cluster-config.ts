import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { systemClock, type Clock } from "./clock.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { RotatingFile, type ReadFile } from "./internal/rotating-file.ts";
import { KubeConfigInvalid, KubeUnreachable } from "./kube-error.ts";

const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface InClusterOptions {
  /** `KUBERNETES_SERVICE_HOST`. */
  readonly host: string | undefined;
  /** `KUBERNETES_SERVICE_PORT`. */
  readonly port: string | undefined;
  /** Default: where the kubelet mounts the service account's token. */
  readonly tokenFile?: string;
  /** Default: `ca.crt` beside the token. */
  readonly caFile?: string;
  readonly readFile?: ReadFile;
  readonly clock?: Clock;
}

/**
 * The configuration of a pod: address from the environment, CA and token from the service account's volume.
 *
 * Both files are read again when they are a minute old, and the token at once after kube-apiserver refused it, so projected
 * tokens and a rotated CA need no restart.
 *
 * @throws KubeConfigInvalid naming everything that is missing
 */
export async function inClusterConfig(options: InClusterOptions): Promise<ClusterConfig> {
  const clock = options.clock ?? systemClock;
  const read = options.readFile ?? ((path: string) => readFile(path, "utf8"));
  const token = new RotatingFile(options.tokenFile ?? `${serviceAccountFolder}/token`, read, clock);
  const authority = new RotatingFile(options.caFile ?? `${serviceAccountFolder}/ca.crt`, read, clock);

  const { host = "", port = "" } = options;
  const problems: string[] = [];
  if (host === "") problems.push("KUBERNETES_SERVICE_HOST is not set");
  if (!/^\d+$/.test(port))
    problems.push(
      port === "" ? "KUBERNETES_SERVICE_PORT is not set" : `KUBERNETES_SERVICE_PORT "${port}" is not a number`,
    );
  for (const file of [token, authority]) {
    await file.text().catch((error: unknown) => problems.push(`cannot read ${file.path}: ${(error as Error).message}`));
  }
  if (problems.length > 0) {
    throw new KubeConfigInvalid(
      `no in-cluster configuration: ${problems.join("; ")}. Inside a pod, mount the service account token (automountServiceAccountToken); outside a cluster, give a kubeconfig (--kubeconfig)`,
    );
  }

  return {
    description: "in-cluster configuration",
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    tls: async () => ({ certificateAuthority: await authority.text() }),
    async authorization() {
      try {
        return `Bearer ${(await token.text()).trim()}`;
      } catch (cause) {
        throw new KubeUnreachable("CREDENTIALS", `cannot read the service account token ${token.path}`, { cause });
      }
    },
    credentialsRefused: () => token.expire(),
  };
}
