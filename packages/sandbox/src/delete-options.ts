/**
 * How something is to be deleted: the body of a DELETE, or its query when there is no body.
 *
 * @see apiserver `pkg/endpoints/handlers/delete.go`, `pkg/registry/rest/delete.go` (BeforeDelete)
 */
import { badRequest, conflict, invalid } from "@kubemetrics/apimachinery";
import { parseObject } from "./http-answer.ts";
import { textAt, textsAt } from "./json-path.ts";
import type { KubeObject } from "./kube-object.ts";
import type { ResourceType } from "./resource-type.ts";

export interface DeleteOptions {
  readonly isDryRun: boolean;
  /** What the object must have; empty for anything. */
  readonly uid: string;
  readonly resourceVersion: string;
}

/** @throws StatusError 400, 415, 422 */
export function parseDeleteOptions(body: Buffer, contentType: string, query: URLSearchParams): DeleteOptions {
  if (body.length === 0) return { isDryRun: isDryRun(query, "DeleteOptions"), uid: "", resourceVersion: "" };
  const sent = parseObject(body, contentType);
  const kind = textAt(sent, "kind") || "DeleteOptions";
  if (kind !== "DeleteOptions") throw badRequest(`the body of a deletion is of kind DeleteOptions, not ${kind}`);
  return {
    isDryRun: hasDryRun(textsAt(sent, "dryRun"), kind),
    uid: textAt(sent, "preconditions", "uid"),
    resourceVersion: textAt(sent, "preconditions", "resourceVersion"),
  };
}

/**
 * Whether a write only asks what would happen.
 *
 * @param kind - of the options, such as `CreateOptions`
 * @throws StatusError 422 for values that are not understood: taking them for none would write
 */
export function isDryRun(query: URLSearchParams, kind: string): boolean {
  return hasDryRun(query.getAll("dryRun"), kind);
}

function hasDryRun(values: readonly string[], kind: string): boolean {
  if (values.every((value) => value === "All")) return values.length > 0;
  const detail = 'supported values: "All"';
  throw invalid({ group: "meta.k8s.io", kind }, "", [
    { type: "FieldValueNotSupported", field: "dryRun", value: values, detail },
  ]);
}

/** @throws StatusError 409 when it is another object, or another version of it, than the one that was meant */
export function requirePreconditions(type: ResourceType, { metadata }: KubeObject, options: DeleteOptions): void {
  const { name, uid = "", resourceVersion = "" } = metadata;
  // Upstream names the kind here, where it names the resource everywhere else.
  const refuse = (reason: string): Error => conflict({ group: type.group, resource: type.kind }, name, reason);
  if (options.uid !== "" && options.uid !== uid) {
    throw refuse(
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). ` +
        "The object might have been deleted and then recreated",
    );
  }
  if (options.resourceVersion !== "" && options.resourceVersion !== resourceVersion) {
    throw refuse(
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record ` +
        `(${resourceVersion}). The object might have been modified`,
    );
  }
}
