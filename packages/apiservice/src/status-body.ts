/** A Status in the forms a client may ask for. */
import {
  goJson,
  goYaml,
  protobufEnvelope,
  ProtobufWriter,
  type Status,
  type StatusCause,
} from "@kubemetrics/apimachinery";
import { listMetaObject, writeListMeta } from "./meta-encoding.ts";
import type { BodyFormat } from "./resource-answer.ts";

/** Compact JSON ends with a newline, indented JSON does not, as upstream. */
export function statusBody(status: Status, format: BodyFormat, pretty: boolean): Uint8Array {
  switch (format) {
    case "json":
      return Buffer.from(pretty ? goJson(statusObject(status), 2) : `${goJson(statusObject(status))}\n`);
    case "yaml":
      return Buffer.from(goYaml(statusObject(status)));
    case "protobuf":
      return protobufEnvelope("v1", "Status", statusMessage(status));
  }
}

/** Fields in upstream's order; empty ones are left out. */
export function statusObject(status: Status): Readonly<Record<string, unknown>> {
  const { details } = status;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: listMetaObject(status.metadata ?? {}),
    status: filled(status.status),
    message: filled(status.message),
    reason: filled(status.reason),
    details: details && {
      name: filled(details.name),
      group: filled(details.group),
      kind: filled(details.kind),
      uid: filled(details.uid),
      causes: details.causes === undefined || details.causes.length === 0 ? undefined : details.causes.map(causeObject),
      retryAfterSeconds: details.retryAfterSeconds || undefined,
    },
    code: status.code || undefined,
  };
}

function causeObject(cause: StatusCause): Readonly<Record<string, unknown>> {
  return { reason: filled(cause.reason), message: filled(cause.message), field: filled(cause.field) };
}

function filled(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function statusMessage(status: Status): Uint8Array {
  const writer = new ProtobufWriter();
  writeListMeta(writer, 1, status.metadata ?? {});
  writer.string(2, status.status ?? "");
  writer.string(3, status.message ?? "");
  writer.string(4, status.reason ?? "");
  const { details } = status;
  if (details !== undefined) {
    const mark = writer.begin(5);
    writer.string(1, details.name ?? "");
    writer.string(2, details.group ?? "");
    writer.string(3, details.kind ?? "");
    for (const cause of details.causes ?? []) {
      const causeMark = writer.begin(4);
      writer.string(1, cause.reason ?? "");
      writer.string(2, cause.message ?? "");
      writer.string(3, cause.field ?? "");
      writer.end(causeMark);
    }
    writer.int(5, details.retryAfterSeconds ?? 0);
    writer.string(6, details.uid ?? "");
    writer.end(mark);
  }
  writer.int(6, status.code ?? 0);
  return writer.finish();
}
