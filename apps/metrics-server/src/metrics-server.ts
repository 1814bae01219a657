/** Puts the server together: kube-apiserver → caches → scrape schedule → usage store → metrics.k8s.io → HTTPS. */
import { createExtensionServer, elapsedMs, systemClock, type Clock, type Log } from "@kubemetrics/apiservice";
import { createDelegatingAuthenticator } from "@kubemetrics/authentication";
import { delegatedAuthorizer } from "@kubemetrics/authorization";
import { SubjectAccessReviewClient, TokenReviewClient } from "@kubemetrics/kube";
import { resourceMetricsGroup } from "@kubemetrics/resource-metrics";
import { openAuditLog } from "./audit-log.ts";
import { openCluster, type Cluster } from "./cluster.ts";
import { startCollecting } from "./collect-usage.ts";
import { requireFlagFiles } from "./flag-files.ts";
import { healthChecks } from "./health-checks.ts";
import { listenFailed } from "./listen-failed.ts";
import { createLog, type AppLog } from "./log.ts";
import { metricsPages } from "./metrics-page.ts";
import { notSyncedYet, onlyWhenSynced } from "./not-synced.ts";
import type { MetricsServerOptions } from "./options.ts";
import { readiness } from "./readiness.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { openServingIdentity } from "./serving-identity.ts";
import { openServingTrust, type ServingTrust } from "./serving-trust.ts";
import { readText, type ReadText } from "./text-files.ts";
import { version, versionInfo } from "./version.ts";

/** What the server takes from its surroundings. Everything has a default. */
export interface MetricsServerDependencies {
  /** Default: lines on standard error in the format of the options. */
  readonly log?: Log;
  readonly clock?: Clock;
  /** 0 ≤ number < 1. */
  readonly random?: () => number;
  /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`; needed only without a kubeconfig. Default: not in a cluster. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly readText?: ReadText;
}

/** A server that answers HTTP. */
export interface RunningMetricsServer {
  readonly port: number;
  readonly host: string;
  /** What clients may trust: the chain it serves with now, or the authority of that when it registers itself. */
  readonly certificatePem: string;
  /** Resolves when `/readyz` is good for the first time. Never, when the server is closed before. */
  readonly ready: Promise<void>;
  /** As on SIGTERM: `/readyz` fails, running requests end, everything stops. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The surroundings with their defaults. */
interface Surroundings extends Required<Omit<MetricsServerDependencies, "log">> {
  readonly log: AppLog;
}

/**
 * Starts the server. It answers HTTP (health, discovery) when the promise resolves; usage follows as lists and scrapes arrive.
 *
 * @throws when it cannot serve at all: no configuration for kube-apiserver, a file that cannot be used, a port that is taken
 */
export async function startMetricsServer(
  options: MetricsServerOptions,
  dependencies: MetricsServerDependencies = {},
): Promise<RunningMetricsServer> {
  const around: Surroundings = {
    log: appLog(dependencies.log) ?? createLog(options.logging),
    clock: dependencies.clock ?? systemClock,
    random: dependencies.random ?? Math.random,
    environment: dependencies.environment ?? {},
    readText: dependencies.readText ?? readText,
  };
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    return await start(options, around, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Every part that is opened leaves its end in `closers`; they are called in reverse order. */
async function start(
  options: MetricsServerOptions,
  around: Surroundings,
  closers: (() => Promise<void> | void)[],
  closeAll: () => Promise<void>,
): Promise<RunningMetricsServer> {
  const { clock, log } = around;
  const startedMs = clock.now();
  const elapsed = (): number => elapsedMs(clock);
  const startedAtMs = elapsed();
  await requireFlagFiles(options, around.readText);
  const auditLog = await openAuditLog(options.audit, around);
  closers.push(() => auditLog?.close());
  const cluster = await openCluster(options, around);
  closers.push(() => cluster.close());
  const identity = await openServingIdentity({ serving: options.serving, connection: cluster.objects, ...around });
  const trust = await openServingTrust({
    authentication: options.authentication,
    connection: cluster.authentication,
    ...around,
  });
  closers.push(() => trust.close());
  const collection = await startCollecting(options, around, cluster, closers);
  const requests = new RequestMetrics();
  const group = resourceMetricsGroup({
    usage: collection.store,
    known: collection.objects,
    clock: () => clock.now(),
    onServed: (agesMs) => requests.served(agesMs),
  });
  const health = [
    ...healthChecks({
      ...collection,
      resolutionMs: options.metricResolutionMs,
      startedMs: startedAtMs,
      elapsed,
      trustProblem: () => trust.problem(),
    }),
    ...identity.health,
  ];
  const server = createExtensionServer({
    groups: [
      onlyWhenSynced(group, (resource) =>
        notSyncedYet(resource, collection.objects.status[resource === "nodes" ? "nodes" : "pods"]),
      ),
    ],
    ...accessOf(options, around, cluster, trust),
    tls: {
      ...identity.pair,
      minVersion: options.serving.minVersion,
      ...(options.serving.ciphers !== "" && { ciphers: options.serving.ciphers }),
    },
    onCertificateRefused: () => identity.refused(),
    ...(options.serving.sendsClientAuthorityNames && { clientCaHints: trust.source }),
    health,
    metrics: metricsPages({ ...collection, requests, startedMs }),
    ...(auditLog && { audit: auditLog.audit }),
    version: versionInfo(),
    openApi: { title: "Kubernetes metrics-server", version: `v${version}` },
    limits: options.limits,
    observer: (request) => requests.observe(request),
    log,
    clock,
    random: around.random,
  });
  closers.push(() => server.close({ delayMs: options.shutdownDelayMs }));
  const { port, host } = await server
    .listen(options.serving.securePort, options.serving.bindAddress)
    .catch((error: unknown) => {
      throw listenFailed(error as NodeJS.ErrnoException, options.serving);
    });
  log.info({ host, port, version }, "serving");
  closers.push(identity.start((pair) => server.replaceCertificate(pair)));

  const ready = readiness(health, clock);
  void ready.reached.then(() => log.info({ afterMs: clock.now() - startedMs }, "ready"));
  closers.push(() => ready.stop());
  return {
    port,
    host,
    get certificatePem() {
      return identity.trustedPem;
    },
    ready: ready.reached,
    close: closeAll,
    [Symbol.asyncDispose]: closeAll,
  };
}

/** Who may ask: certificates and identity headers, tokens by TokenReview, permissions by SubjectAccessReview. */
function accessOf(
  options: MetricsServerOptions,
  { clock, random }: Surroundings,
  cluster: Cluster,
  trust: ServingTrust,
): Pick<Parameters<typeof createExtensionServer>[0], "authenticator" | "authorizer"> {
  return {
    authenticator: createDelegatingAuthenticator({
      trust: trust.source,
      tokens: {
        reviewer: new TokenReviewClient(cluster.authentication, { clock, random }),
        cacheTtlMs: options.authentication.tokenCacheTtlMs,
        clock: () => elapsedMs(clock),
      },
      clock: () => clock.now(),
    }),
    authorizer: delegatedAuthorizer({
      alwaysAllowPaths: options.authorization.alwaysAllowPaths,
      accessReview: {
        reviewer: new SubjectAccessReviewClient(cluster.authorization, { clock, random }),
        clock,
        allowedTtlMs: options.authorization.allowedTtlMs,
        refusedTtlMs: options.authorization.deniedTtlMs,
      },
    }),
  };
}

function appLog(log: Log | undefined): AppLog | undefined {
  if (log === undefined) return undefined;
  return "debug" in log ? (log as AppLog) : { ...bound(log), debug: () => {} };
}

function bound(log: Log): Log {
  return {
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  };
}
