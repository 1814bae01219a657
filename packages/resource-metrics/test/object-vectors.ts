/** metrics-objects.json, the kinds of metrics.k8s.io: described objects and their bodies in three forms. */
import {
  compareBytes,
  type Instant,
  labelsFrom,
  type ListMeta,
  type ObjectMeta,
  type OwnerReference,
} from "@kubemetrics/apimachinery";
import { type AreaBinding, same, type VectorCase, type Verdict } from "@kubemetrics/conformance";
import { parseQuantity, type QuantityFormat, scaledQuantity, zeroQuantity } from "@kubemetrics/quantity";
import type { ContainerMetrics, MetricsObject, MetricsType, ResourceAmount } from "../src/metrics-object.ts";
import { metricsBody, type MetricsList } from "./metrics-body.ts";

interface DescribedTime {
  readonly seconds: string;
  readonly nanos?: number;
}

interface DescribedQuantity {
  readonly parse?: string;
  readonly value?: string;
  readonly scale?: number;
  readonly format?: QuantityFormat;
}

type DescribedUsage = Readonly<Record<string, DescribedQuantity>> | null | undefined;

interface DescribedMeta extends Omit<ObjectMeta, "creationTimestamp" | "deletionTimestamp" | "labels" | "annotations"> {
  readonly creationTimestamp?: DescribedTime;
  readonly deletionTimestamp?: DescribedTime;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

interface DescribedObject {
  readonly metadata: DescribedMeta;
  readonly timestamp: DescribedTime | null;
  readonly windowNs: string;
  readonly usage?: DescribedUsage;
  readonly containers?: readonly { readonly name: string; readonly usage: DescribedUsage }[] | null;
}

interface DescribedList {
  readonly metadata?: Omit<ListMeta, "remainingItemCount"> & { readonly remainingItemCount?: string };
  readonly items: readonly DescribedObject[] | null;
}

const kinds: ReadonlySet<string> = new Set(["NodeMetrics", "NodeMetricsList", "PodMetrics", "PodMetricsList"]);

function instant(time: DescribedTime | null | undefined): Instant | undefined {
  return time === null || time === undefined ? undefined : { seconds: Number(time.seconds), nanos: time.nanos ?? 0 };
}

function amounts(usage: DescribedUsage): readonly ResourceAmount[] | undefined {
  if (usage === null || usage === undefined) return undefined;
  const resources = Object.keys(usage).toSorted(compareBytes);
  return resources.map((resource) => ({ resource, quantity: quantityText(usage[resource] ?? {}) }));
}

function quantityText({ parse, value, scale = 0, format = "DecimalSI" }: DescribedQuantity): string {
  if (parse !== undefined) return parseQuantity(parse).toString();
  return value === undefined ? zeroQuantity.toString() : scaledQuantity(BigInt(value), scale, format).toString();
}

function object(described: DescribedObject, kind: string): MetricsObject {
  const { creationTimestamp, deletionTimestamp, labels, annotations, ...rest } = described.metadata;
  const created = instant(creationTimestamp);
  const deleted = instant(deletionTimestamp);
  const common = {
    metadata: {
      ...rest,
      ...(created === undefined ? {} : { creationTimestamp: created }),
      ...(deleted === undefined ? {} : { deletionTimestamp: deleted }),
      ...(labels === undefined ? {} : { labels: labelsFrom(labels) }),
      ...(annotations === undefined ? {} : { annotations: labelsFrom(annotations) }),
    },
    timestamp: instant(described.timestamp),
    windowNs: BigInt(described.windowNs),
  };
  if (kind.startsWith("Node")) return { ...common, usage: amounts(described.usage) };
  const containers = described.containers?.map(({ name, usage }): ContainerMetrics => ({
    name,
    usage: amounts(usage),
  }));
  return { ...common, containers };
}

function list(described: DescribedList, kind: string): MetricsList {
  const { remainingItemCount, ...metadata } = described.metadata ?? {};
  return {
    metadata:
      remainingItemCount === undefined ? metadata : { ...metadata, remainingItemCount: BigInt(remainingItemCount) },
    items: described.items?.map((item) => object(item, kind)),
  };
}

interface Bodies {
  readonly json: string;
  readonly pb: string;
  readonly yaml: string | undefined;
}

function bodies(test: VectorCase): Bodies {
  const name = test.kind as string;
  const type = { kind: name.replace(/List$/, ""), apiVersion: test["apiVersion"] } as MetricsType;
  const value = name.endsWith("List")
    ? list(test["desc"] as DescribedList, name)
    : object(test["desc"] as DescribedObject, name);
  const text = (format: "json" | "yaml"): string => Buffer.concat(metricsBody(format, type, value)).toString("utf8");
  return {
    json: text("json"),
    pb: Buffer.concat(metricsBody("protobuf", type, value)).toString("base64"),
    yaml: test["yamlErr"] === undefined ? text("yaml") : undefined,
  };
}

function expected(test: VectorCase): Bodies {
  return { json: test["json"] as string, pb: test["pb"] as string, yaml: test["yaml"] as string | undefined };
}

/** The texts as upstream prints them: above its largest suffix it loses the suffix. */
function withoutSuffix(text: string): string {
  return text.replaceAll(/\b([0-9]+?)(?:000)+E\b/g, "$1");
}

function check(test: VectorCase): Verdict {
  return same(expected(test), bodies(test));
}

export const objectBinding: AreaBinding = {
  area: "metrics-objects",
  covers: (test) => kinds.has(test.kind ?? ""),
  check,
  deviations: [
    {
      name: "quantities-keep-suffix-above-exa",
      reason: "upstream prints 1000E as 1: above its largest suffix it loses the suffix and with it the value",
      applies: (test) => /[0-9]{4,}E\b/.test(bodies(test).json),
      check: (test) => same(expected(test).json, withoutSuffix(bodies(test).json)),
    },
  ],
};
