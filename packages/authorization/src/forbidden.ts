/** The sentence that kubectl prints when a request is refused. */
import { forbidden, goQuote, type StatusError } from "@kubemetrics/apimachinery";
import type { Attributes } from "./authorizer.ts";

const markup = /[&<>]/g;
const entities: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
]);

/** Keeps text from looking like HTML to a browser; quotes stay. */
export function withoutMarkup(text: string): string {
  return text.replace(markup, (char) => entities.get(char) ?? char);
}

/**
 * 403: `pods.metrics.k8s.io is forbidden: User "u" cannot list resource "pods" …`.
 *
 * @param reason - the authorizer's, appended as it is when not empty
 */
export function forbiddenError({ user, request }: Attributes, reason: string): StatusError {
  const sentence = withoutMarkup(refusal(user.name, request));
  const resource = { group: request.apiGroup, resource: request.resource };
  return forbidden(resource, request.name, reason === "" ? sentence : `${sentence}: ${reason}`);
}

function refusal(name: string, request: Attributes["request"]): string {
  const subject = `User ${goQuote(name)} cannot ${request.verb}`;
  if (!request.isResourceRequest) return `${subject} path ${goQuote(request.path)}`;
  const resource = request.subresource === "" ? request.resource : `${request.resource}/${request.subresource}`;
  const scope = request.namespace === "" ? "at the cluster scope" : `in the namespace ${goQuote(request.namespace)}`;
  return `${subject} resource ${goQuote(resource)} in API group ${goQuote(request.apiGroup)} ${scope}`;
}
