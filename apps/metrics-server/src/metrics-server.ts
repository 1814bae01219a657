import type { Clock, Log } from "@kubemetrics/apiservice";
import type { MetricsServerOptions } from "./options.ts";

/** What the server takes from its surroundings. Everything has a default. */
export interface MetricsServerDependencies {
  /** Default: pino on standard error in the format of the options. */
  readonly log?: Log;
  readonly clock?: Clock;
  /** 0 ≤ number < 1. */
  readonly random?: () => number;
  /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`; needed only without a kubeconfig. Default: not in a cluster. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A server that answers HTTP. */
export interface RunningMetricsServer {
  readonly port: number;
  readonly host: string;
  /** The certificate chain it serves with; the `caBundle` of its APIServices when it is self-signed. */
  readonly certificatePem: string;
  /** Resolves when `/readyz` answers ok for the first time; rejects when closed before. */
  readonly ready: Promise<void>;
  /** Ends as on SIGTERM: `/readyz` fails, running requests end, everything stops. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the server: it answers HTTP (health, discovery) when the promise resolves; data follows as caches and scrapes arrive.
 *
 * @throws when it cannot serve at all: configuration files missing, the port taken, no usable certificate
 */
export function startMetricsServer(
  options: MetricsServerOptions,
  dependencies: MetricsServerDependencies = {},
): Promise<RunningMetricsServer> {
  return Promise.reject(new Error(`not composed yet: ${options.kubeconfig}${String(dependencies.log)}`));
}
