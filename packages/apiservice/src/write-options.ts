/** What clients ask of a write beside its body: a dry run, strictness, how to delete. */
import { badRequest, invalid, StatusError, type FieldError } from "@kubemetrics/apimachinery";
import { isObject, itemsAt, type JsonObject } from "./object-answer.ts";
import type { RequestBody, ResourceRequest } from "./resource.ts";

/**
 * Whether nothing may be stored. Deletions say so in their body (`kubectl delete --dry-run=server`), the others in the query.
 *
 * @param options - `DeleteOptions` of a deletion
 * @throws StatusError 422 for anything but `All`
 */
export function isDryRun({ query }: ResourceRequest, options: JsonObject = {}): boolean {
  const values = [...query.getAll("dryRun"), ...itemsAt(options, "dryRun")];
  if (values.some((value) => value !== "All")) {
    const message = 'dryRun: only "All" is supported';
    throw new StatusError({ status: "Failure", message, reason: "Invalid", code: 422 });
  }
  return values.length > 0;
}

/** Unknown fields told one by one. */
const mostSaid = 100;

/** `DeleteOptions`: the body, or, without one, what the query says of it. */
export function deleteOptions(request: ResourceRequest, body: RequestBody | undefined): JsonObject {
  if (isObject(body?.value)) return body.value;
  const propagationPolicy = request.query.get("propagationPolicy");
  return propagationPolicy === null ? {} : { propagationPolicy };
}

/**
 * Says what happens to unknown fields, as the client's `fieldValidation` wants it: nothing, a warning (the default), or
 * a refusal.
 *
 * @throws StatusError 422 for another wish, 400 when fields are unknown and none may be
 */
export function tellUnknownFields(request: ResourceRequest, unknown: readonly string[], kind: string): void {
  const wish = request.query.get("fieldValidation") ?? "";
  const said = unknown.slice(0, mostSaid).map((field) => `unknown field ${JSON.stringify(field)}`);
  switch (wish) {
    case "Ignore":
      return;
    case "":
    case "Warn":
      for (const text of said) request.warn(text);
      return;
    case "Strict":
      if (unknown.length > mostSaid) said.push(`and ${unknown.length - mostSaid} more`);
      if (said.length > 0) throw badRequest(`${kind} cannot be decoded strictly: ${said.join(", ")}`);
      return;
    default: {
      const detail = 'supported values: "", "Ignore", "Strict", "Warn"';
      const problem: FieldError = { type: "FieldValueNotSupported", field: "fieldValidation", value: wish, detail };
      throw invalid({ group: "meta.k8s.io", kind: "WriteOptions" }, "", [problem]);
    }
  }
}
