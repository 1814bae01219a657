/** Metadata of objects and lists. */
import type { Labels } from "./labels.ts";
import type { Instant } from "./time.ts";

/** The fields of ObjectMeta that a metrics API can have. Absent, empty and zero mean the same, as in Go. */
export interface ObjectMeta {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly selfLink?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number | bigint;
  readonly creationTimestamp?: Instant;
  readonly deletionTimestamp?: Instant;
  readonly deletionGracePeriodSeconds?: number | bigint;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** The object that owns another one. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Metadata of a list. Absent and empty mean the same; `remainingItemCount` is different from absent when 0. */
export interface ListMeta {
  readonly selfLink?: string;
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number | bigint;
}
