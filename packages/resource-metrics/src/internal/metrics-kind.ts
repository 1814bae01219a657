/** What is particular to nodes and to pods. */
import { type GroupResource, instantFromMs, type Labels, type ObjectMeta } from "@kubemetrics/apimachinery";
import { cpuText, memoryText } from "@kubemetrics/quantity";
import type { KnownNode, KnownObjects, KnownPod } from "../known-objects.ts";
import type { MetricsType, ResourceAmount } from "../metrics-object.ts";
import type { NodeUsage, PodUsage, UsageView } from "../usage-view.ts";
import type { Member, MemberSource, ServedUsage } from "./member-source.ts";

export interface KnownMember extends Member {
  readonly namespace?: string;
  readonly labels: Labels;
}

export interface Amounts {
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

export interface MetricsKind<M extends KnownMember, U extends ServedUsage> extends MemberSource<M, U> {
  /** Plural, as in paths. */
  readonly resource: "nodes" | "pods";
  /** As in upstream's messages. */
  readonly singular: "node" | "pod";
  readonly kind: MetricsType["kind"];
  readonly isNamespaced: boolean;
  /** How a member that the cluster does not know is called: upstream says `node` but `pods`. */
  readonly unknown: GroupResource;
  /** How an object without usage is called. */
  readonly missing: GroupResource;
  /** The field beside `metadata.name` and `metadata.namespace` that selectors may name, if any. */
  readonly usageFields: readonly string[];
  members(namespace: string | undefined): readonly M[];
  member(namespace: string | undefined, name: string): M | undefined;
  /** The value of each of `usageFields`. */
  usageField(usage: U): string;
  /** All containers together. */
  total(usage: U): Amounts;
}

export function nodesKind(known: KnownObjects, view: UsageView): MetricsKind<KnownNode, NodeUsage> {
  return {
    resource: "nodes",
    singular: "node",
    kind: "NodeMetrics",
    isNamespaced: false,
    unknown: { group: "", resource: "node" },
    missing: { group: "metrics.k8s.io", resource: "nodemetrics" },
    usageFields: [],
    members: () => known.nodes(),
    member: (_, name) => known.node(name),
    usage: ({ name }) => view.node(name),
    usageField: () => "",
    total: (usage) => usage,
    object: (node, usage) => ({
      metadata: metadataOf(node, usage),
      timestamp: instantFromMs(usage.timeMs),
      windowNs: windowOf(usage),
      usage: amounts(usage),
    }),
  };
}

export function podsKind(known: KnownObjects, view: UsageView): MetricsKind<KnownPod, PodUsage> {
  return {
    resource: "pods",
    singular: "pod",
    kind: "PodMetrics",
    isNamespaced: true,
    unknown: { group: "", resource: "pods" },
    missing: { group: "metrics.k8s.io", resource: "podmetrics" },
    usageFields: ["spec.nodeName"],
    members: (namespace) => known.pods(namespace),
    member: (namespace, name) => known.pod(namespace ?? "", name),
    usage: ({ namespace, name }) => view.pod(namespace, name),
    usageField: ({ nodeName }) => nodeName,
    total: sumOfContainers,
    object: (pod, usage) => ({
      metadata: metadataOf(pod, usage),
      timestamp: instantFromMs(usage.timeMs),
      windowNs: windowOf(usage),
      containers: usage.containers.map((container) => ({ name: container.name, usage: amounts(container) })),
    }),
  };
}

/** A duration as Go has it. Node clocks are set, by decades when a board without a battery boots: then a window is longer than 2^53 ns. */
export function windowOf({ windowNs }: ServedUsage): number | bigint {
  if (windowNs <= Number.MAX_SAFE_INTEGER) return windowNs;
  return windowNs < 2 ** 63 ? BigInt(windowNs) : longestDuration;
}

const longestDuration = 2n ** 63n - 1n;

/** `creationTimestamp` is when this server got the value: upstream says "now", so that nothing could be kept. */
export function metadataOf({ name, namespace, labels }: KnownMember, { committedMs }: ServedUsage): ObjectMeta {
  const creationTimestamp = instantFromMs(committedMs);
  return namespace === undefined ? { name, creationTimestamp, labels } : { name, namespace, creationTimestamp, labels };
}

function amounts({ cpuNanocores, memoryBytes }: Amounts): readonly ResourceAmount[] {
  return [
    { resource: "cpu", quantity: cpuText(cpuNanocores) },
    { resource: "memory", quantity: memoryText(memoryBytes) },
  ];
}

function sumOfContainers({ containers }: PodUsage): Amounts {
  let cpuNanocores = 0;
  let memoryBytes = 0;
  for (const container of containers) {
    cpuNanocores += container.cpuNanocores;
    memoryBytes += container.memoryBytes;
  }
  return { cpuNanocores, memoryBytes };
}
