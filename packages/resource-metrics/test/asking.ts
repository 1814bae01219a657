/** Asks the resources of a group directly, as the framework does. */
import type {
  ApiGroup,
  BodyFormat,
  ResourceAnswer,
  ResourceDefinition,
  ResourceRequest,
} from "@kubemetrics/apiservice";
import { parseRequestInfo } from "@kubemetrics/authorization";
import type { ContainerUsage, NodeUsage, PodUsage, UsageView } from "../src/index.ts";

export interface Asked {
  readonly version?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

function definitionOf(group: ApiGroup, resource: string, version: string | undefined): ResourceDefinition {
  const served = group.versions.find((candidate) => version === undefined || candidate.version === version);
  const definition = served?.resources.find(({ name }) => name === resource);
  if (definition === undefined) throw new Error(`${group.name}/${version} has no ${resource}`);
  return definition;
}

function requestOf({ namespace, name, labelSelector = "", fieldSelector = "" }: Asked): ResourceRequest {
  return {
    info: parseRequestInfo("GET", "/"),
    namespace,
    name,
    labelSelector,
    fieldSelector,
    user: { name: "reader", uid: "", groups: [], extra: new Map() },
    headers: [],
    signal: new AbortController().signal,
    query: new URLSearchParams(),
    warn: () => undefined,
  };
}

export function list(group: ApiGroup, resource: string, asked: Asked = {}): ResourceAnswer {
  return definitionOf(group, resource, asked.version).list?.(requestOf(asked)) as ResourceAnswer;
}

export function get(group: ApiGroup, resource: string, asked: Asked): ResourceAnswer {
  return definitionOf(group, resource, asked.version).get?.(requestOf(asked)) as ResourceAnswer;
}

export function bodyText(answer: ResourceAnswer, format: BodyFormat = "json"): string {
  return Buffer.concat(answer.body(format)).toString(format === "protobuf" ? "latin1" : "utf8");
}

/** Names of listed objects. */
export function namesIn(answer: ResourceAnswer): readonly string[] {
  const { items } = JSON.parse(bodyText(answer)) as { items: { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name);
}

/** Usage that is what a test says. */
export class FixedUsage implements UsageView {
  readonly #nodes = new Map<string, NodeUsage>();
  readonly #pods = new Map<string, PodUsage>();
  #version = 0;

  putNode(name: string, usage: Partial<NodeUsage> = {}): void {
    this.#nodes.set(name, { ...this.#common(), cpuNanocores: 250_000_000, memoryBytes: 1_048_576, ...usage });
  }

  putPod(namespace: string, name: string, usage: Partial<PodUsage> = {}): void {
    this.#pods.set(`${namespace}/${name}`, {
      ...this.#common(),
      nodeName: "node-a",
      containers: [container("app")],
      ...usage,
    });
  }

  removePod(namespace: string, name: string): void {
    this.#pods.delete(`${namespace}/${name}`);
  }

  node(name: string): NodeUsage | undefined {
    return this.#nodes.get(name);
  }

  pod(namespace: string, name: string): PodUsage | undefined {
    return this.#pods.get(`${namespace}/${name}`);
  }

  #common(): Pick<NodeUsage, "version" | "timeMs" | "windowNs" | "committedMs"> {
    return { version: ++this.#version, timeMs: startMs - 4000, windowNs: 15e9, committedMs: startMs - 1000 };
  }
}

export const startMs: number = Date.UTC(2026, 2, 1, 12);

export function container(name: string, cpuNanocores = 100_000_000, memoryBytes = 2_097_152): ContainerUsage {
  return { name, cpuNanocores, memoryBytes };
}
