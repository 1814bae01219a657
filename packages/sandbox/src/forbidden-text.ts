/** The sentence kubectl prints when somebody may not do something. */
import { forbidden, goQuote, StatusError } from "@kubemetrics/apimachinery";
import type { AccessRequest } from "./rbac.ts";
import type { User } from "./user.ts";

export function accessRefused(user: User, request: AccessRequest): StatusError {
  if ("path" in request) {
    const reason = `User ${goQuote(user.name)} cannot ${request.verb} path ${goQuote(request.path)}`;
    return forbidden({ group: "", resource: "" }, "", reason);
  }
  const { verb, group, resource, subresource, namespace, name } = request;
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${goQuote(namespace)}`;
  const reason = `User ${goQuote(user.name)} cannot ${verb} resource ${goQuote(what)} in API group ${goQuote(group)} ${where}`;
  return forbidden({ group, resource }, name, reason);
}
