/** What an API server adds to objects, and which ones it refuses. */
import { badRequest, invalid, type FieldError } from "@kubemetrics/apimachinery";
import { at, isObject, numberAt, objectAt, textAt } from "./json-path.ts";
import type { JsonObject, KubeObject } from "./kube-object.ts";
import {
  apiServices,
  apiVersionOf,
  clusterRoleBindings,
  namespaces,
  pods,
  roleBindings,
  services,
  type ResourceType,
} from "./resource-type.ts";
import { bindingErrors, bindingWithDefaults } from "./role-binding.ts";
import { serviceErrors, serviceWithDefaults } from "./service-defaults.ts";

/** The body of a write, checked against the place it is written to. */
export interface WritePlace {
  readonly type: ResourceType;
  readonly namespace: string;
  /** Empty for a create. */
  readonly name: string;
}

/**
 * Makes a KubeObject of a body: type, namespace and name are there and fit the URL.
 *
 * @throws StatusError 400
 */
export function objectFromBody(body: JsonObject, { type, namespace, name }: WritePlace): KubeObject {
  const apiVersion = apiVersionOf(type);
  const sentVersion = textAt(body, "apiVersion") || apiVersion;
  const sentKind = textAt(body, "kind") || type.kind;
  if (sentVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${sentVersion}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (sentKind !== type.kind) {
    const internal = type.group.split(".", 1)[0] || "core";
    throw badRequest(
      `${sentKind} in version "${type.version}" cannot be handled as a ${type.kind}: ` +
        `converting (${type.version}.${sentKind}) to (${internal}.${type.kind}): unknown conversion`,
    );
  }
  const sent = objectAt(body, "metadata");
  // Only an API server gives these: a create cannot bring them along.
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...others } = sent;
  const metadata = name === "" ? others : sent;
  const sentNamespace = textAt(metadata, "namespace");
  if (type.namespaced && sentNamespace !== "" && sentNamespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  const sentName = textAt(metadata, "name");
  if (name !== "" && sentName !== "" && sentName !== name) {
    throw badRequest(`the name of the object (${sentName}) does not match the name on the URL (${name})`);
  }
  return {
    ...body,
    apiVersion,
    kind: type.kind,
    metadata: {
      ...metadata,
      name: sentName === "" ? name : sentName,
      ...(type.namespaced && { namespace }),
    },
  };
}

/** Adds what a new object of this type has in a cluster. `allocateIp` gives Services their address. */
export function withDefaults(type: ResourceType, object: KubeObject, allocateIp: () => string): KubeObject {
  switch (type) {
    case namespaces:
      return {
        ...object,
        metadata: {
          ...object.metadata,
          labels: { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name },
        },
        spec: { finalizers: ["kubernetes"] },
        status: { phase: "Active" },
      };
    case pods:
      return podWithDefaults(object);
    case services:
      return serviceWithDefaults(object, allocateIp);
    case apiServices:
      return apiServiceWithDefaults(object);
    case roleBindings:
    case clusterRoleBindings:
      return bindingWithDefaults(object);
    default:
      return object;
  }
}

export function namespaceObject(name: string): KubeObject {
  const object: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  return withDefaults(namespaces, object, () => "");
}

function podWithDefaults(pod: KubeObject): KubeObject {
  return {
    ...pod,
    spec: {
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      serviceAccountName: "default",
      schedulerName: "default-scheduler",
      ...objectAt(pod, "spec"),
    },
    status: isObject(at(pod, "status")) ? objectAt(pod, "status") : { phase: "Pending", qosClass: "BestEffort" },
  };
}

function apiServiceWithDefaults(apiService: KubeObject): KubeObject {
  const service = at(apiService, "spec", "service");
  if (!isObject(service)) return apiService;
  return { ...apiService, spec: { ...objectAt(apiService, "spec"), service: { port: 443, ...service } } };
}

/** @param more - what else is wrong with it. @throws StatusError 422 naming every wrong field */
export function validate(type: ResourceType, object: KubeObject, more: readonly FieldError[] = []): void {
  const errors = [...nameErrors(type, object), ...ownErrors(type, object), ...more];
  if (errors.length > 0) throw invalid(type, object.metadata.name, errors);
}

function ownErrors(type: ResourceType, object: KubeObject): readonly FieldError[] {
  switch (type) {
    case apiServices:
      return apiServiceErrors(object);
    case services:
      return serviceErrors(object);
    case roleBindings:
    case clusterRoleBindings:
      return bindingErrors(type, object);
    default:
      return [];
  }
}

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelDetail =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric " +
  "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Whether a text can name a namespace: an RFC 1123 label. */
export function isLabelName(text: string): boolean {
  return text.length <= 63 && label.test(text);
}

/** Whether a text can name most objects: an RFC 1123 subdomain. */
export function isSubdomainName(text: string): boolean {
  return text.length <= 253 && subdomain.test(text);
}

function nameErrors(type: ResourceType, object: KubeObject): readonly FieldError[] {
  const { name } = object.metadata;
  const field = "metadata.name";
  if (name === "") return [{ type: "FieldValueRequired", field, detail: "name or generateName is required" }];
  // Names of roles hold colons; they need only be a step of a path. The legacy APIService is named "v1.".
  if (type.group === "rbac.authorization.k8s.io" || type === apiServices) {
    return name.includes("/") || name.includes("%")
      ? [{ type: "FieldValueInvalid", field, value: name, detail: "may not contain '/' or '%'" }]
      : [];
  }
  if (type === namespaces || type === services) {
    if (isLabelName(name)) return [];
    return [{ type: "FieldValueInvalid", field, value: name, detail: labelDetail }];
  }
  if (isSubdomainName(name)) return [];
  const detail =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
    "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  return [{ type: "FieldValueInvalid", field, value: name, detail }];
}

function apiServiceErrors(apiService: KubeObject): readonly FieldError[] {
  const spec = objectAt(apiService, "spec");
  const errors: FieldError[] = [];
  const name = `${textAt(spec, "version")}.${textAt(spec, "group")}`;
  if (apiService.metadata.name !== name) {
    errors.push({
      type: "FieldValueInvalid",
      field: "metadata.name",
      value: apiService.metadata.name,
      detail: `must be \`spec.version+"."+spec.group\`: "${name}"`,
    });
  }
  errors.push(
    ...priorityErrors(spec, "groupPriorityMinimum", 20_000),
    ...priorityErrors(spec, "versionPriority", 1_000),
  );
  if (at(spec, "insecureSkipTLSVerify") === true && textAt(spec, "caBundle") !== "") {
    errors.push({
      type: "FieldValueInvalid",
      field: "spec.insecureSkipTLSVerify",
      value: true,
      detail: "may not be true if caBundle is present",
    });
  }
  return errors;
}

function priorityErrors(spec: JsonObject, field: string, maximum: number): readonly FieldError[] {
  const value = numberAt(spec, field) ?? 0;
  if (value > 0 && value <= maximum) return [];
  const detail = `must be positive and less than ${maximum}`;
  return [{ type: "FieldValueInvalid", field: `spec.${field}`, value, detail }];
}
