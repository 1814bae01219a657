/** NodeMetrics and PodMetrics as values: what the encoders write. v1 and v1beta1 have the same fields. */
import type { Instant, ObjectMeta } from "@kubemetrics/apimachinery";

/** An amount of a resource as quantity text. Encoders write them in the order given: byte order of the resource names. */
export interface ResourceAmount {
  readonly resource: string;
  readonly quantity: string;
}

interface Measured {
  readonly metadata: ObjectMeta;
  /** `undefined` is written as null. */
  readonly timestamp: Instant | undefined;
  readonly windowNs: number | bigint;
}

/** `undefined` lists of amounts or containers are Go's nil: null in JSON. */
export interface NodeMetrics extends Measured {
  readonly usage: readonly ResourceAmount[] | undefined;
}

export interface ContainerMetrics {
  readonly name: string;
  readonly usage: readonly ResourceAmount[] | undefined;
}

export interface PodMetrics extends Measured {
  readonly containers: readonly ContainerMetrics[] | undefined;
}

export type MetricsObject = NodeMetrics | PodMetrics;

/** What an object or a list is, as clients see it. */
export interface MetricsType {
  readonly kind: "NodeMetrics" | "PodMetrics";
  /** `metrics.k8s.io/v1` */
  readonly apiVersion: string;
}
