/** Which plain objects a request selects. */
import { labelsFrom, parseFieldSelector, parseLabelSelector, requireSupportedFields } from "@kubemetrics/apimachinery";
import { metadataOf, textAt, textsAt, type JsonObject } from "./object-answer.ts";
import type { ResourceRequest } from "./resource.ts";

/** By labels, `metadata.name` and `metadata.namespace`. @throws StatusError 400 for other fields */
export function selectorOf({ labelSelector, fieldSelector }: ResourceRequest): (object: JsonObject) => boolean {
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector);
  requireSupportedFields(fields, ["metadata.name", "metadata.namespace"]);
  return (object) => {
    const metadata = metadataOf(object);
    const values = new Map([
      ["metadata.name", textAt(metadata, "name")],
      ["metadata.namespace", textAt(metadata, "namespace")],
    ]);
    return fields.matches(values) && labels.matches(labelsFrom(textsAt(metadata, "labels")));
  };
}
