/** Turns a question into the `spec` of a SubjectAccessReview. */
import { compareBytes, parseFieldSelector, parseLabelSelector } from "@kubemetrics/apimachinery";
import type { Attributes, User } from "./authorizer.ts";
import type { RequestInfo } from "./request-info.ts";
import type { ResourceAttributes, SelectorRequirement, SubjectAccessReviewSpec } from "./subject-access-review.ts";

/**
 * The question as kube-apiserver reads it; fields in upstream's order, empty ones left out.
 *
 * Selectors that do not parse, and requirements an access review cannot express (`>`, `<`), are dropped: the question
 * gets broader, never narrower, than what the request may read.
 */
export function reviewSpec({ user, request }: Attributes): SubjectAccessReviewSpec {
  return {
    ...(request.isResourceRequest
      ? { resourceAttributes: resourceAttributes(request) }
      : { nonResourceAttributes: withoutEmpty({ path: request.path, verb: request.verb }) }),
    ...withoutEmpty({ user: user.name }),
    ...(user.groups.length > 0 ? { groups: user.groups } : {}),
    ...extraOf(user),
    ...withoutEmpty({ uid: user.uid }),
  };
}

function resourceAttributes(request: RequestInfo): ResourceAttributes {
  const fields = fieldRequirements(request.fieldSelector);
  const labels = labelRequirements(request.labelSelector);
  return {
    ...withoutEmpty({
      namespace: request.namespace,
      verb: request.verb,
      group: request.apiGroup,
      version: request.apiVersion,
      resource: request.resource,
      subresource: request.subresource,
      name: request.name,
    }),
    ...(fields.length > 0 ? { fieldSelector: { requirements: fields } } : {}),
    ...(labels.length > 0 ? { labelSelector: { requirements: labels } } : {}),
  };
}

function fieldRequirements(text: string): readonly SelectorRequirement[] {
  if (text === "") return [];
  try {
    return parseFieldSelector(text).requirements.map(({ field, operator, value }) => ({
      key: field,
      operator: operator === "=" ? "In" : "NotIn",
      values: [value],
    }));
  } catch {
    return [];
  }
}

const labelOperators: ReadonlyMap<string, string> = new Map([
  ["=", "In"],
  ["==", "In"],
  ["in", "In"],
  ["!=", "NotIn"],
  ["notin", "NotIn"],
  ["exists", "Exists"],
  ["!", "DoesNotExist"],
]);

function labelRequirements(text: string): readonly SelectorRequirement[] {
  if (text === "") return [];
  try {
    return parseLabelSelector(text).requirements.flatMap(({ key, operator, values }) => {
      const name = labelOperators.get(operator);
      if (name === undefined) return [];
      return [values.length > 0 ? { key, operator: name, values } : { key, operator: name }];
    });
  } catch {
    return [];
  }
}

function extraOf(user: User): { readonly extra?: Readonly<Record<string, readonly string[]>> } {
  if (user.extra.size === 0) return {};
  const extra = Object.create(null) as Record<string, readonly string[]>;
  for (const key of [...user.extra.keys()].toSorted(compareBytes)) extra[key] = user.extra.get(key) ?? [];
  return { extra };
}

function withoutEmpty<T extends Readonly<Record<string, string>>>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "")) as Partial<T>;
}
