/** What is listed: objects the cluster knows, each with the usage that belongs to it. */
import type { MetricsObject } from "../metrics-object.ts";

export interface Member {
  readonly name: string;
  /** Another number when the labels changed. */
  readonly version: number;
}

export interface ServedUsage {
  readonly version: number;
  readonly timeMs: number;
  readonly windowNs: number;
  readonly committedMs: number;
}

export interface MemberSource<M extends Member, U extends ServedUsage> {
  /** `undefined`: there is nothing to serve for this member now. */
  usage(member: M): U | undefined;
  object(member: M, usage: U): MetricsObject;
}
