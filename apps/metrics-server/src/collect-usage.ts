/** From kube-apiserver's objects and the kubelets' pages to the usage store. */
import { parseLabelSelector } from "@kubemetrics/apimachinery";
import { elapsedMs, type Clock } from "@kubemetrics/apiservice";
import { ClusterObjects, type CollectionObserver } from "@kubemetrics/kube";
import {
  KubeletClient,
  KubeletScraper,
  ScrapeSchedule,
  ScrapeStatistics,
  type ScrapeObserver,
} from "@kubemetrics/kubelet";
import { UsageStore } from "@kubemetrics/usage";
import type { Cluster } from "./cluster.ts";
import { FailingNodes } from "./failing-nodes.ts";
import { KubeletTrust } from "./kubelet-trust.ts";
import type { AppLog } from "./log.ts";
import type { MetricsServerOptions } from "./options.ts";
import { ScrapeLog } from "./scrape-log.ts";
import type { ReadText } from "./text-files.ts";

export interface CollectionSurroundings {
  readonly log: AppLog;
  readonly clock: Clock;
  readonly random: () => number;
  readonly readText: ReadText;
}

export interface Collection {
  readonly objects: ClusterObjects;
  readonly store: UsageStore;
  readonly schedule: ScrapeSchedule;
  readonly scrapes: ScrapeStatistics;
  readonly failingNodes: FailingNodes;
}

/** Starts all of it; every part that is opened leaves its end in `closers`. */
export async function startCollecting(
  options: MetricsServerOptions,
  around: CollectionSurroundings,
  cluster: Cluster,
  closers: (() => Promise<void> | void)[],
): Promise<Collection> {
  const { clock, random, log } = around;
  const store: UsageStore = new UsageStore({
    resolutionMs: options.metricResolutionMs,
    clock: () => clock.now(),
    elapsed: () => elapsedMs(clock),
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
    observers: [scrapes, failingNodes, new ScrapeLog(log), forgettingIn(store)],
    clock,
  });
  objects.start();
  closers.push(() => objects.close());
  schedule.start();
  closers.push(() => schedule.close());
  return { objects, store, schedule, scrapes, failingNodes };
}

/**
 * Forgets a node once nothing more of it can arrive. `onNodeGone` knows nothing of a node that the selector matches no more, and comes
 * before a running scrape ends.
 */
function forgettingIn(store: UsageStore): ScrapeObserver {
  return { scraped: () => {}, nodeGone: (name) => store.nodeGone(name) };
}

function cacheLog(log: AppLog): CollectionObserver {
  return {
    synced: (resource, objects) => log.info({ resource, objects }, "first list is complete"),
    failing: (resource, error) => log.warn({ resource, reason: error.code }, error.message),
    recovered: (resource) => log.info({ resource }, "kube-apiserver is followed again"),
  };
}
