/** Puts the server together: kube-apiserver → caches → scrape schedule → usage store → metrics.k8s.io → HTTPS. */
import { createExtensionServer, systemClock, type Clock, type Log } from "@kubemetrics/apiservice";
import { parseLabelSelector } from "@kubemetrics/apimachinery";
import { createDelegatingAuthenticator } from "@kubemetrics/authentication";
import { delegatedAuthorizer } from "@kubemetrics/authorization";
import {
  ClusterObjects,
  SubjectAccessReviewClient,
  TokenReviewClient,
  type CollectionObserver,
} from "@kubemetrics/kube";
import { KubeletClient, KubeletScraper, ScrapeSchedule, ScrapeStatistics } from "@kubemetrics/kubelet";
import { resourceMetricsGroup } from "@kubemetrics/resource-metrics";
import { UsageStore } from "@kubemetrics/usage";
import { openAuditLog } from "./audit-log.ts";
import { openCluster, type Cluster } from "./cluster.ts";
import { FailingNodes } from "./failing-nodes.ts";
import { healthChecks } from "./health-checks.ts";
import { KubeletTrust } from "./kubelet-trust.ts";
import { createLog, type AppLog } from "./log.ts";
import { metricsPages } from "./metrics-page.ts";
import { notSyncedYet, onlyWhenSynced } from "./not-synced.ts";
import type { MetricsServerOptions } from "./options.ts";
import { readiness } from "./readiness.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { ScrapeLog } from "./scrape-log.ts";
import { ServingCertificate } from "./serving-certificate.ts";
import { openServingTrust, type ServingTrust } from "./serving-trust.ts";
import { readText, repeat, type ReadText } from "./text-files.ts";
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
  /** The chain it serves with now; the `caBundle` of its APIServices when it made the certificate itself. */
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
  const certificate = await ServingCertificate.open({ serving: options.serving, ...around });
  const auditLog = await openAuditLog(options.audit, around);
  closers.push(() => auditLog?.close());
  const cluster = await openCluster(options, around);
  closers.push(() => cluster.close());
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
  const health = healthChecks({
    ...collection,
    resolutionMs: options.metricResolutionMs,
    startedMs,
    now: () => clock.now(),
    trustProblem: () => trust.problem(),
  });
  const server = createExtensionServer({
    groups: [
      onlyWhenSynced(group, (resource) =>
        notSyncedYet(resource, collection.objects.status[resource === "nodes" ? "nodes" : "pods"]),
      ),
    ],
    ...accessOf(options, around, cluster, trust),
    tls: {
      ...certificate.current,
      minVersion: options.serving.minVersion,
      ...(options.serving.ciphers !== "" && { ciphers: options.serving.ciphers }),
    },
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
  const { port, host } = await server.listen(options.serving.securePort, options.serving.bindAddress);
  log.info({ host, port, version }, "serving");
  closers.push(repeat(clock, 10_000, () => certificate.refresh((pair) => server.replaceCertificate(pair))));

  const ready = readiness(health, clock);
  void ready.reached.then(() => log.info({ afterMs: clock.now() - startedMs }, "ready"));
  closers.push(() => ready.stop());
  return {
    port,
    host,
    get certificatePem() {
      return certificate.current.certificatePem;
    },
    ready: ready.reached,
    close: closeAll,
    [Symbol.asyncDispose]: closeAll,
  };
}

interface Collection {
  readonly objects: ClusterObjects;
  readonly store: UsageStore;
  readonly schedule: ScrapeSchedule;
  readonly scrapes: ScrapeStatistics;
  readonly failingNodes: FailingNodes;
}

/** From kube-apiserver's objects and the kubelets' pages to the usage store, running. */
async function startCollecting(
  options: MetricsServerOptions,
  around: Surroundings,
  cluster: Cluster,
  closers: (() => Promise<void> | void)[],
): Promise<Collection> {
  const { clock, random, log } = around;
  const store: UsageStore = new UsageStore({
    resolutionMs: options.metricResolutionMs,
    clock: () => clock.now(),
    // Before the first list nobody knows, and a pod must not go for that.
    isRunning: (namespace, name) => !objects.status.pods.synced || objects.pod(namespace, name) !== undefined,
  });
  const objects: ClusterObjects = new ClusterObjects(cluster.objects, {
    clock,
    random,
    observer: cacheLog(log),
    ...(options.nodeSelector !== "" && { nodeSelector: parseLabelSelector(options.nodeSelector) }),
    onPodGone: (namespace, name) => store.podGone(namespace, name),
    onNodeGone: (name) => store.nodeGone(name),
    onTargetsChanged: () => schedule.targetsChanged(),
  });
  const kubeletTrust = await KubeletTrust.open({ kubelet: options.kubelet, config: cluster.config, ...around });
  closers.push(() => kubeletTrust.close());
  const client = new KubeletClient({
    tls: () => kubeletTrust.current,
    plaintext: options.kubelet.completelyInsecure,
    ...(!options.kubelet.completelyInsecure && {
      authorization: () => cluster.config.authorization(),
      credentialsRefused: () => cluster.config.credentialsRefused?.(),
    }),
    clock,
  });
  closers.push(() => client.close());
  const scrapes = new ScrapeStatistics({ periodMs: options.metricResolutionMs });
  const failingNodes = new FailingNodes((node) => store.node(node) !== undefined);
  const schedule: ScrapeSchedule = new ScrapeSchedule({
    scraper: new KubeletScraper({ client, endpoint: options.kubelet, sink: store, clock }),
    targets: objects,
    periodMs: options.metricResolutionMs,
    timeoutMs: options.kubelet.requestTimeoutMs,
    observers: [scrapes, failingNodes, new ScrapeLog(log)],
    clock,
  });
  objects.start();
  closers.push(() => objects.close());
  schedule.start();
  closers.push(() => schedule.close());
  return { objects, store, schedule, scrapes, failingNodes };
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

function cacheLog(log: AppLog): CollectionObserver {
  return {
    synced: (resource, objects) => log.info({ resource, objects }, "first list is complete"),
    failing: (resource, error) => log.warn({ resource, reason: error.code }, error.message),
    recovered: (resource) => log.info({ resource }, "kube-apiserver is followed again"),
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
