/**
 * What an API server gives Services, and what a Service keeps when it is replaced.
 *
 * @see kubernetes `pkg/apis/core/v1/defaults.go`, `pkg/registry/core/service/storage/alloc.go`
 */
import { invalid, type FieldError } from "@kubemetrics/apimachinery";
import { itemsAt, numberAt, objectAt, textAt } from "./json-path.ts";
import type { Json, JsonObject, KubeObject } from "./kube-object.ts";
import { services } from "./resource-type.ts";

/** `allocateIp` gives a Service its address when it brings none. */
export function serviceWithDefaults(service: KubeObject, allocateIp: () => string): KubeObject {
  const spec = objectAt(service, "spec");
  const ports = itemsAt(spec, "ports").map((port): Json => ({
    protocol: "TCP",
    targetPort: numberAt(port, "port") ?? 0,
    ...objectAt(port),
  }));
  const type = textAt(spec, "type") || "ClusterIP";
  return {
    ...service,
    spec: {
      sessionAffinity: "None",
      ...(textAt(spec, "sessionAffinity") === "ClientIP" && stickyForHours),
      ...(type !== "ExternalName" && { internalTrafficPolicy: "Cluster" }),
      ...spec,
      type,
      ...(type !== "ExternalName" && addressOf(textAt(spec, "clusterIP") || allocateIp())),
      ...(ports.length > 0 && { ports }),
    },
    status: { loadBalancer: {} },
  };
}

const stickyForHours = { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } };

function addressOf(clusterIP: string): JsonObject {
  return { clusterIP, clusterIPs: [clusterIP], ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" };
}

/** Only an external name and a headless Service need no ports. */
export function serviceErrors(service: KubeObject): readonly FieldError[] {
  const isAddressed =
    textAt(service, "spec", "type") !== "ExternalName" && textAt(service, "spec", "clusterIP") !== "None";
  const hasPorts = itemsAt(service, "spec", "ports").length > 0;
  return hasPorts || !isAddressed ? [] : [{ type: "FieldValueRequired", field: "spec.ports" }];
}

/**
 * A replacement of a Service, with the address of the one before unless it brings it along; an external name has none.
 *
 * @throws StatusError 422 for another address: it cannot change
 */
export function withKeptAddress(service: KubeObject, previous: KubeObject): KubeObject {
  const { clusterIP: sent, clusterIPs: _ips, ...spec } = objectAt(service, "spec");
  const kept = textAt(previous, "spec", "clusterIP");
  const { ipFamilies: _families, ipFamilyPolicy: _policy, ...nameOnly } = spec;
  if (textAt(spec, "type") === "ExternalName") return { ...service, spec: nameOnly };
  const clusterIP = textAt(sent) || kept;
  if (kept !== "" && clusterIP !== kept) {
    throw invalid(services, service.metadata.name, [
      { type: "FieldValueInvalid", field: "spec.clusterIPs[0]", value: [clusterIP], detail: "may not change once set" },
    ]);
  }
  return { ...service, spec: { ...spec, ...(clusterIP !== "" && { clusterIP }) } };
}
