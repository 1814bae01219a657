/** Metadata of lists and objects as JSON data and as protobuf fields. */
import {
  isZeroTime,
  timeToJson,
  type Instant,
  type Labels,
  type ListMeta,
  type ObjectMeta,
  type ProtobufWriter,
} from "@kubemetrics/apimachinery";

type JsonObject = Readonly<Record<string, unknown>>;

/** `{}` for metadata that says nothing. */
export function listMetaObject(meta: ListMeta): JsonObject {
  return {
    selfLink: filled(meta.selfLink),
    resourceVersion: filled(meta.resourceVersion),
    continue: filled(meta.continue),
    remainingItemCount: meta.remainingItemCount,
  };
}

export function writeListMeta(writer: ProtobufWriter, field: number, meta: ListMeta): void {
  const mark = writer.begin(field);
  writer.string(1, meta.selfLink ?? "");
  writer.string(2, meta.resourceVersion ?? "");
  writer.string(3, meta.continue ?? "");
  if (meta.remainingItemCount !== undefined) writer.int(4, meta.remainingItemCount);
  writer.end(mark);
}

/** Fields in upstream's order; empty ones are left out. */
export function objectMetaObject(meta: ObjectMeta): JsonObject {
  return {
    name: filled(meta.name),
    generateName: filled(meta.generateName),
    namespace: filled(meta.namespace),
    selfLink: filled(meta.selfLink),
    uid: filled(meta.uid),
    resourceVersion: filled(meta.resourceVersion),
    generation: meta.generation || undefined,
    creationTimestamp: isSet(meta.creationTimestamp) ? timeToJson(meta.creationTimestamp) : undefined,
    deletionTimestamp: meta.deletionTimestamp && timeToJson(meta.deletionTimestamp),
    deletionGracePeriodSeconds: meta.deletionGracePeriodSeconds,
    labels: filledMap(meta.labels),
    annotations: filledMap(meta.annotations),
    ownerReferences: filledList(meta.ownerReferences),
    finalizers: filledList(meta.finalizers),
  };
}

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
  writeMap(writer, 11, meta.labels);
  writeMap(writer, 12, meta.annotations);
  for (const owner of meta.ownerReferences ?? []) {
    const ownerMark = writer.begin(13);
    writer.string(1, owner.kind);
    writer.string(3, owner.name);
    writer.string(4, owner.uid);
    writer.string(5, owner.apiVersion);
    if (owner.controller !== undefined) writer.bool(6, owner.controller);
    if (owner.blockOwnerDeletion !== undefined) writer.bool(7, owner.blockOwnerDeletion);
    writer.end(ownerMark);
  }
  for (const finalizer of meta.finalizers ?? []) writer.string(14, finalizer);
  writer.end(mark);
}

function writeTime(writer: ProtobufWriter, field: number, time: Instant | undefined): void {
  const mark = writer.begin(field);
  if (isSet(time)) {
    writer.int(1, time.seconds);
    writer.int(2, 0);
  }
  writer.end(mark);
}

function writeMap(writer: ProtobufWriter, field: number, map: Labels | undefined): void {
  for (const [key, value] of map ?? []) {
    const mark = writer.begin(field);
    writer.string(1, key);
    writer.string(2, value);
    writer.end(mark);
  }
}

function isSet(time: Instant | undefined): time is Instant {
  return time !== undefined && !isZeroTime(time);
}

function filled(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function filledMap(map: Labels | undefined): Labels | undefined {
  return map === undefined || map.size === 0 ? undefined : map;
}

function filledList<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}
