/** A Status in the forms a client may ask for. */
import { goJson, goYaml, statusToJson, statusToProtobuf, type Status } from "@kubemetrics/apimachinery";
import type { BodyFormat } from "./resource-answer.ts";

/** Compact JSON ends with a newline, indented JSON does not, as upstream. */
export function statusBody(status: Status, format: BodyFormat, pretty: boolean): Uint8Array {
  switch (format) {
    case "json":
      return Buffer.from(pretty ? goJson(statusToJson(status), 2) : `${goJson(statusToJson(status))}\n`);
    case "yaml":
      return Buffer.from(goYaml(statusToJson(status)));
    case "protobuf":
      return statusToProtobuf(status);
  }
}

/** Status fields without `kind` and `apiVersion`. */
export function bareStatus(status: Status): object {
  const { kind: _kind, apiVersion: _apiVersion, ...fields } = statusToJson(status) as Readonly<Record<string, unknown>>;
  return fields;
}
