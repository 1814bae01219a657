import { readFileSync } from "node:fs";
import {
  goJson,
  goYaml,
  labelsFrom,
  objectMetaToJson,
  partialListToJson,
  partialListToProtobuf,
  partialObjectToJson,
  partialObjectToProtobuf,
  listMetaToJson,
  ProtobufWriter,
  tableToJson,
  timeFromJson,
  writeListMeta,
  writeObjectMeta,
  type Instant,
  type ListMeta,
  type MetaApiVersion,
  type ObjectMeta,
  type OwnerReference,
  type TableColumn,
  type TableRow,
} from "@kubemetrics/apimachinery";
import { bundledVectors } from "@kubemetrics/conformance";
import { expect, test } from "vitest";

function vectorCases<T>(area: string): readonly T[] {
  return (JSON.parse(readFileSync(`${bundledVectors}${area}.json`, "utf8")) as { readonly cases: readonly T[] }).cases;
}

interface DescribedMeta {
  readonly [field: string]: unknown;
  readonly creationTimestamp?: DescribedTime;
  readonly deletionTimestamp?: DescribedTime;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly remainingItemCount?: string;
}

interface DescribedTime {
  readonly seconds: string;
  readonly nanos?: number;
}

function instant({ seconds, nanos }: DescribedTime): Instant {
  return { seconds: Number(seconds), nanos: nanos ?? 0 };
}

function objectMeta(described: DescribedMeta): ObjectMeta {
  const { creationTimestamp, deletionTimestamp, labels, annotations, ...rest } = described;
  return {
    ...(rest as ObjectMeta),
    ...(creationTimestamp && { creationTimestamp: instant(creationTimestamp) }),
    ...(deletionTimestamp && { deletionTimestamp: instant(deletionTimestamp) }),
    labels: labelsFrom(labels),
    annotations: labelsFrom(annotations),
  };
}

function listMeta({ remainingItemCount, ...rest }: DescribedMeta): ListMeta {
  return {
    ...(rest as ListMeta),
    ...(remainingItemCount !== undefined && { remainingItemCount: BigInt(remainingItemCount) }),
  };
}

interface RecordedObject {
  readonly kind: string;
  readonly desc?: { readonly metadata?: DescribedMeta };
  readonly json: string;
  readonly pb: string;
}

test("metadata of every recorded object and list is written as recorded", () => {
  const described = vectorCases<RecordedObject>("metrics-objects").filter(({ desc }) => desc?.metadata !== undefined);
  expect(described.length).toBeGreaterThan(400);
  for (const { kind, desc, json, pb } of described) {
    const isList = kind.endsWith("List");
    const writer = new ProtobufWriter();
    let value: object;
    if (isList) {
      const meta = listMeta(desc!.metadata!);
      value = listMetaToJson(meta);
      writeListMeta(writer, 1, meta);
    } else {
      const meta = objectMeta(desc!.metadata!);
      value = objectMetaToJson(meta);
      writeObjectMeta(writer, 1, meta);
    }
    expect(json).toContain(`"metadata":${goJson(value)},`);
    expect(Buffer.from(pb, "base64").includes(writer.finish())).toBe(true);
  }
});

interface Transcript {
  readonly req: { readonly target: string };
  readonly res: {
    readonly headers?: Record<string, string>;
    readonly body?: string;
    readonly bodyBase64?: string;
  };
}

interface ReadMeta {
  readonly [field: string]: unknown;
  readonly creationTimestamp?: string;
  readonly labels?: Record<string, string>;
}

interface ReadDocument {
  readonly kind: string;
  readonly apiVersion: MetaApiVersion;
  readonly metadata: ReadMeta;
  readonly items: readonly { readonly metadata: ReadMeta }[];
  readonly columnDefinitions: readonly TableColumn[] | null;
  readonly rows: readonly TableRow[] | null;
}

function readMeta({ creationTimestamp, labels, ...rest }: ReadMeta): ObjectMeta {
  return { ...rest, creationTimestamp: timeFromJson(creationTimestamp ?? null), labels: labelsFrom(labels) };
}

function rewritten(document: ReadDocument): object {
  const { kind, apiVersion, metadata, items, columnDefinitions: columns, rows } = document;
  if (kind === "Table") return tableToJson({ metadata: metadata as ListMeta, columns, rows }, apiVersion);
  if (kind === "PartialObjectMetadata") return partialObjectToJson(readMeta(metadata), apiVersion);
  return partialListToJson(
    metadata as ListMeta,
    items.map((item) => readMeta(item.metadata)),
    apiVersion,
  );
}

const transcripts = vectorCases<Transcript>("http-transcripts");
const metaDocuments = transcripts.flatMap(({ res }) => {
  const body = res.body ?? "";
  return /^{\s*"kind": ?"(?:Table|PartialObjectMetadata(?:List)?)"/.test(body) ? [body] : [];
});

test("Tables and partial objects that a real server sent are written again byte for byte", () => {
  expect(metaDocuments.length).toBeGreaterThan(20);
  for (const body of metaDocuments) {
    const value = rewritten(JSON.parse(body) as ReadDocument);
    expect(body.endsWith("\n") ? `${goJson(value)}\n` : goJson(value, 2)).toBe(body);
  }
});

test("the same Table in YAML is the recorded one", () => {
  const yaml = transcripts.find(({ res }) => res.body?.includes("\nkind: Table\n") === true)?.res.body;
  const tables = metaDocuments.map((body) => goYaml(rewritten(JSON.parse(body) as ReadDocument)));
  expect(tables).toContain(yaml);
});

test("partial objects in protobuf are those that a real server sent", () => {
  const recorded = transcripts.flatMap(({ res }) => {
    const bytes = Buffer.from(res.bodyBase64 ?? "", "base64");
    return bytes.includes("PartialObjectMetadata") ? [bytes.toString("hex")] : [];
  });
  const ours = new Set<string>();
  for (const body of metaDocuments) {
    const { kind, metadata, items, apiVersion } = JSON.parse(body) as ReadDocument;
    if (kind === "PartialObjectMetadata") ours.add(hex(partialObjectToProtobuf(readMeta(metadata), apiVersion)));
    if (kind !== "PartialObjectMetadataList") continue;
    ours.add(
      hex(
        partialListToProtobuf(
          metadata as ListMeta,
          items.map((item) => readMeta(item.metadata)),
          apiVersion,
        ),
      ),
    );
  }
  expect(recorded.length).toBeGreaterThan(0);
  expect(recorded.filter((bytes) => !ours.has(bytes))).toEqual([]);
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
