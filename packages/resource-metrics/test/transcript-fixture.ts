/** Loads what the recorded server had: kubelet pages go through the real decoder and store. */
import type { ApiGroup, HealthCheck } from "@kubemetrics/apiservice";
import { KubeletError, ResourceDecoder } from "@kubemetrics/kubelet";
import { UsageStore } from "@kubemetrics/usage";
import { type KnownObjects, resourceMetricsGroup } from "../src/index.ts";
import { type DescribedNode, type DescribedPod, FixedCluster } from "./fixed-cluster.ts";
import type { RawAnswer } from "./live-server.ts";

export interface Fixture {
  readonly name: string;
  readonly now: string;
  readonly metricResolution: string;
  readonly nodes: readonly DescribedNode[] | null;
  readonly pods: readonly DescribedPod[] | null;
  readonly scrapes:
    | readonly { readonly kubelets: Readonly<Record<string, { readonly status: number; readonly body: string }>> }[]
    | null;
  readonly faults?: { readonly listError?: string };
}

export function fixtureGroup(fixture: Fixture): ApiGroup {
  const clock = (): number => Date.parse(fixture.now);
  const cluster = new FixedCluster(fixture.nodes ?? [], fixture.pods ?? []);
  const isRunning = (namespace: string, name: string): boolean => cluster.pod(namespace, name) !== undefined;
  const store = new UsageStore({
    resolutionMs: Number.parseInt(fixture.metricResolution, 10) * 1000,
    clock,
    isRunning,
  });
  const decoders = new Map<string, ResourceDecoder>();
  for (const { kubelets } of fixture.scrapes ?? []) {
    for (const [node, page] of Object.entries(kubelets)) {
      const decoder = decoders.get(node) ?? new ResourceDecoder(node);
      decoders.set(node, decoder);
      if (page.status === 200) commit(store, node, decoder, page.body, clock());
    }
  }
  const { listError } = fixture.faults ?? {};
  const known = listError === undefined ? cluster : failing(listError);
  // The recorded server knows no v1.
  return resourceMetricsGroup({ usage: store, known, clock, versions: ["v1beta1"] });
}

function commit(store: UsageStore, node: string, decoder: ResourceDecoder, body: string, nowMs: number): void {
  try {
    store.commit(node, decoder.decode(Buffer.from(body), nowMs).points);
  } catch (error) {
    if (!(error instanceof KubeletError)) throw error;
  }
}

function failing(message: string): KnownObjects {
  const fail = (): never => {
    throw new Error(message);
  };
  return { nodes: fail, node: fail, pods: fail, pod: fail };
}

/** The checks of the recorded server, all healthy. */
export const fixtureHealth: readonly HealthCheck[] = [
  healthy("poststarthook/max-in-flight-filter", ["healthz", "livez", "readyz"]),
  healthy("poststarthook/storage-object-count-tracker-hook", ["healthz", "livez", "readyz"]),
  healthy("metric-collection-timely", ["livez"]),
  healthy("metric-storage-ready", ["readyz"]),
  healthy("metric-informer-sync", ["readyz"]),
  healthy("metadata-informer-sync", ["healthz", "livez", "readyz"]),
];

function healthy(name: string, endpoints: HealthCheck["endpoints"]): HealthCheck {
  return { name, endpoints, check: () => undefined };
}

/** An answer as the vector files record it. */
export interface Recorded {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly bodyOmitted?: string;
}

const leftOut: ReadonlySet<string> = new Set(["date", "content-length", "connection", "keep-alive"]);

/** An answer in the form of the recorded ones. */
export function shown({ status, headers, body }: RawAnswer, like: Recorded): Recorded {
  const names = [...headers.keys()].filter((name) => !leftOut.has(name));
  const values = names.map((name): [string, string] => {
    const goName = name.replaceAll(/(^|-)[a-z]/g, (part) => part.toUpperCase());
    return [goName, like.headers?.[goName] === "<any>" ? "<any>" : (headers.get(name) ?? "")];
  });
  return { status, headers: Object.fromEntries(values), ...content(body, like) };
}

function content(body: Buffer, like: Recorded): Recorded {
  if (like.bodyOmitted !== undefined) return { bodyOmitted: like.bodyOmitted };
  return like.bodyBase64 === undefined ? { body: body.toString("utf8") } : { bodyBase64: body.toString("base64") };
}
