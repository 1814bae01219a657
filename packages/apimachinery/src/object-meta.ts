/**
 * Metadata of objects and lists, and how it is written.
 *
 * @see apimachinery `pkg/apis/meta/v1/types.go`, `generated.proto`
 */
import type { Labels } from "./labels.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";
import { writeTime } from "./time-protobuf.ts";
import { timeToJson, type Instant } from "./time.ts";

/** Absent, empty and zero mean the same, as in Go. Managed fields are left out: nothing that this project serves has them. */
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

/** Absent and empty mean the same, but `remainingItemCount` is written when it is 0. */
export interface ListMeta {
  readonly selfLink?: string;
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number | bigint;
}

/** For `goJson` and `goYaml`, keys in Go's order. */
export function objectMetaToJson(meta: ObjectMeta): object {
  const created = timeToJson(meta.creationTimestamp);
  return {
    name: meta.name || undefined,
    generateName: meta.generateName || undefined,
    namespace: meta.namespace || undefined,
    selfLink: meta.selfLink || undefined,
    uid: meta.uid || undefined,
    resourceVersion: meta.resourceVersion || undefined,
    generation: meta.generation || undefined,
    creationTimestamp: created ?? undefined,
    deletionTimestamp: meta.deletionTimestamp === undefined ? undefined : timeToJson(meta.deletionTimestamp),
    deletionGracePeriodSeconds: meta.deletionGracePeriodSeconds,
    labels: filled(meta.labels),
    annotations: filled(meta.annotations),
    ownerReferences: meta.ownerReferences?.length ? meta.ownerReferences.map(ownerToJson) : undefined,
    finalizers: meta.finalizers?.length ? meta.finalizers : undefined,
  };
}

function filled(labels: Labels | undefined): Labels | undefined {
  return labels === undefined || labels.size === 0 ? undefined : labels;
}

function ownerToJson(owner: OwnerReference): OwnerReference {
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
  return {
    apiVersion,
    kind,
    name,
    uid,
    ...(controller === undefined ? {} : { controller }),
    ...(blockOwnerDeletion === undefined ? {} : { blockOwnerDeletion }),
  };
}

/** For `goJson` and `goYaml`, keys in Go's order. */
export function listMetaToJson(meta: ListMeta): object {
  return {
    selfLink: meta.selfLink || undefined,
    resourceVersion: meta.resourceVersion || undefined,
    continue: meta.continue || undefined,
    remainingItemCount: meta.remainingItemCount,
  };
}

/** Writes an embedded ObjectMeta. */
export function writeObjectMeta(writer: ProtobufWriter, field: number, meta: ObjectMeta): void {
  const mark = writer.begin(field);
  writer.string(1, meta.name ?? "");
  writer.string(2, meta.generateName ?? "");
  writer.string(3, meta.namespace ?? "");
  writer.string(4, meta.selfLink ?? "");
  writer.string(5, meta.uid ?? "");
  writer.string(6, meta.resourceVersion ?? "");
  writer.int(7, meta.generation ?? 0);
  writeTime(writer, 8, meta.creationTimestamp);
  if (meta.deletionTimestamp !== undefined) writeTime(writer, 9, meta.deletionTimestamp);
  if (meta.deletionGracePeriodSeconds !== undefined) writer.int(10, meta.deletionGracePeriodSeconds);
  if (meta.labels !== undefined) writeTextMap(writer, 11, meta.labels);
  if (meta.annotations !== undefined) writeTextMap(writer, 12, meta.annotations);
  for (const owner of meta.ownerReferences ?? []) writeOwner(writer, 13, owner);
  for (const finalizer of meta.finalizers ?? []) writer.string(14, finalizer);
  writer.end(mark);
}

/** Writes a map of texts, in the order of its entries: Go sorts them by key, and so does `labelsFrom`. */
export function writeTextMap(writer: ProtobufWriter, field: number, entries: ReadonlyMap<string, string>): void {
  for (const [key, value] of entries) {
    const mark = writer.begin(field);
    writer.string(1, key);
    writer.string(2, value);
    writer.end(mark);
  }
}

function writeOwner(writer: ProtobufWriter, field: number, owner: OwnerReference): void {
  const mark = writer.begin(field);
  writer.string(1, owner.kind);
  writer.string(3, owner.name);
  writer.string(4, owner.uid);
  writer.string(5, owner.apiVersion);
  if (owner.controller !== undefined) writer.bool(6, owner.controller);
  if (owner.blockOwnerDeletion !== undefined) writer.bool(7, owner.blockOwnerDeletion);
  writer.end(mark);
}

/** Writes an embedded ListMeta. */
export function writeListMeta(writer: ProtobufWriter, field: number, meta: ListMeta): void {
  const mark = writer.begin(field);
  writer.string(1, meta.selfLink ?? "");
  writer.string(2, meta.resourceVersion ?? "");
  writer.string(3, meta.continue ?? "");
  if (meta.remainingItemCount !== undefined) writer.int(4, meta.remainingItemCount);
  writer.end(mark);
}
