/**
 * What `kubectl get` shows of each type: the server writes the cells.
 *
 * @see kubernetes `pkg/printers/internalversion/printers.go`
 */
import { isBeingDeleted } from "./finalizers.ts";
import { humanAge } from "./human-age.ts";
import { at, isObject, itemsAt, numberAt, objectAt, textAt } from "./json-path.ts";
import type { Json, JsonObject, KubeObject } from "./kube-object.ts";
import type { ResourceType } from "./resource-type.ts";

interface Column {
  readonly name: string;
  readonly cell: (object: KubeObject, nowMs: number) => Json;
  /** Shown only by `-o wide`. */
  readonly isWide?: true;
}

const name: Column = { name: "Name", cell: (object) => object.metadata.name };
const age: Column = {
  name: "Age",
  cell: (object, nowMs) => {
    const created = object.metadata.creationTimestamp;
    return created === undefined ? "<unknown>" : humanAge(nowMs - Date.parse(created));
  },
};

const columns: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    name,
    { name: "Ready", cell: (pod) => `${readyContainers(pod).length}/${itemsAt(pod, "spec", "containers").length}` },
    { name: "Status", cell: podStatus },
    { name: "Restarts", cell: (pod) => String(restarts(pod)) },
    age,
    wide("IP", (pod) => textAt(pod, "status", "podIP") || none),
    wide("Node", (pod) => textAt(pod, "spec", "nodeName") || none),
    wide("Nominated Node", (pod) => textAt(pod, "status", "nominatedNodeName") || none),
    wide("Readiness Gates", () => none),
  ],
  nodes: [
    name,
    { name: "Status", cell: nodeStatus },
    { name: "Roles", cell: nodeRoles },
    age,
    { name: "Version", cell: (node) => textAt(node, "status", "nodeInfo", "kubeletVersion") },
    wide("Internal-IP", (node) => nodeAddress(node, "InternalIP")),
    wide("External-IP", (node) => nodeAddress(node, "ExternalIP")),
    wide("OS-Image", (node) => textAt(node, "status", "nodeInfo", "osImage") || unknown),
    wide("Kernel-Version", (node) => textAt(node, "status", "nodeInfo", "kernelVersion") || unknown),
    wide("Container-Runtime", (node) => textAt(node, "status", "nodeInfo", "containerRuntimeVersion") || unknown),
  ],
  namespaces: [name, { name: "Status", cell: (namespace) => textAt(namespace, "status", "phase") }, age],
  configmaps: [name, { name: "Data", cell: dataCount }, age],
  services: [
    name,
    { name: "Type", cell: (service) => textAt(service, "spec", "type") },
    { name: "Cluster-IP", cell: (service) => textAt(service, "spec", "clusterIP") || none },
    { name: "External-IP", cell: (service) => textAt(service, "spec", "externalName") || none },
    { name: "Port(s)", cell: servicePorts },
    age,
    wide("Selector", (service) => pairs(objectAt(service, "spec", "selector"))),
  ],
  endpoints: [name, { name: "Endpoints", cell: subsetAddresses }, age],
  endpointslices: [
    name,
    { name: "AddressType", cell: (slice) => textAt(slice, "addressType") },
    {
      name: "Ports",
      cell: (slice) => joined(itemsAt(slice, "ports").map((port) => String(numberAt(port, "port") ?? ""))),
    },
    {
      name: "Endpoints",
      cell: (slice) => joined(itemsAt(slice, "endpoints").map((endpoint) => textAt(endpoint, "addresses", 0))),
    },
    age,
  ],
  events: [
    { name: "Last Seen", cell: (event, nowMs) => humanAge(nowMs - Date.parse(textAt(event, "lastTimestamp"))) },
    { name: "Type", cell: (event) => textAt(event, "type") },
    { name: "Reason", cell: (event) => textAt(event, "reason") },
    {
      name: "Object",
      cell: (event) =>
        `${textAt(event, "involvedObject", "kind").toLowerCase()}/${textAt(event, "involvedObject", "name")}`,
    },
    { name: "Message", cell: (event) => textAt(event, "message") },
  ],
  apiservices: [
    name,
    { name: "Service", cell: apiServiceTarget },
    { name: "Available", cell: apiServiceAvailability },
    age,
  ],
  rolebindings: [name, { name: "Role", cell: (binding) => roleReference(binding) }, age],
  clusterrolebindings: [name, { name: "Role", cell: (binding) => roleReference(binding) }, age],
  roles: [name, { name: "Created At", cell: (role) => role.metadata.creationTimestamp ?? "" }],
  clusterroles: [name, { name: "Created At", cell: (role) => role.metadata.creationTimestamp ?? "" }],
};

const none = "<none>";
const unknown = "<unknown>";

/** `columnDefinitions` of a type's table. */
export function tableColumns(type: ResourceType): readonly JsonObject[] {
  return columnsOf(type).map((column) => ({
    name: column.name,
    type: "string",
    format: column === name ? "name" : "",
    description: "",
    priority: column.isWide === true ? 1 : 0,
  }));
}

/** The cells of one object. `nowMs` is epoch milliseconds: ages count from it. */
export function tableRow(type: ResourceType, object: KubeObject, nowMs: number): readonly Json[] {
  return columnsOf(type).map((column) => column.cell(object, nowMs));
}

function columnsOf(type: ResourceType): readonly Column[] {
  return columns[type.resource] ?? [name, age];
}

function wide(title: string, cell: (object: KubeObject) => Json): Column {
  return { name: title, cell, isWide: true };
}

function readyContainers(pod: KubeObject): readonly Json[] {
  return itemsAt(pod, "status", "containerStatuses").filter((status) => at(status, "ready") === true);
}

function restarts(pod: KubeObject): number {
  let total = 0;
  for (const status of itemsAt(pod, "status", "containerStatuses")) total += numberAt(status, "restartCount") ?? 0;
  return total;
}

function nodeStatus(node: KubeObject): string {
  const ready = itemsAt(node, "status", "conditions").find((condition) => textAt(condition, "type") === "Ready");
  const words = [ready === undefined ? "Unknown" : textAt(ready, "status") === "True" ? "Ready" : "NotReady"];
  if (at(node, "spec", "unschedulable") === true) words.push("SchedulingDisabled");
  return words.join(",");
}

function nodeRoles(node: KubeObject): string {
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.keys(node.metadata.labels ?? {}).filter((key) => key.startsWith(prefix));
  return joined(roles.map((key) => key.slice(prefix.length)).toSorted((a, b) => (a < b ? -1 : 1)));
}

function nodeAddress(node: KubeObject, type: string): string {
  const address = itemsAt(node, "status", "addresses").find((candidate) => textAt(candidate, "type") === type);
  return textAt(address, "address") || none;
}

function podStatus(pod: KubeObject): string {
  if (isBeingDeleted(pod)) return "Terminating";
  return textAt(pod, "status", "reason") || textAt(pod, "status", "phase");
}

function dataCount(configMap: KubeObject): string {
  return String(
    Object.keys(objectAt(configMap, "data")).length + Object.keys(objectAt(configMap, "binaryData")).length,
  );
}

function servicePorts(service: KubeObject): string {
  return joined(
    itemsAt(service, "spec", "ports").map(
      (port) => `${numberAt(port, "port") ?? ""}/${textAt(port, "protocol") || "TCP"}`,
    ),
  );
}

function subsetAddresses(endpoints: KubeObject): string {
  return joined(
    itemsAt(endpoints, "subsets").flatMap((subset) =>
      itemsAt(subset, "addresses").flatMap((address) =>
        itemsAt(subset, "ports").map((port) => `${textAt(address, "ip")}:${numberAt(port, "port") ?? ""}`),
      ),
    ),
  );
}

function apiServiceTarget(apiService: KubeObject): string {
  const service = at(apiService, "spec", "service");
  return isObject(service) ? `${textAt(service, "namespace")}/${textAt(service, "name")}` : "Local";
}

function apiServiceAvailability(apiService: KubeObject): string {
  const condition = itemsAt(apiService, "status", "conditions").find((entry) => textAt(entry, "type") === "Available");
  if (condition === undefined) return "Unknown";
  const status = textAt(condition, "status");
  return status === "True" ? "True" : `${status} (${textAt(condition, "reason")})`;
}

function roleReference(binding: KubeObject): string {
  return `${textAt(binding, "roleRef", "kind")}/${textAt(binding, "roleRef", "name")}`;
}

function pairs(record: JsonObject): string {
  return joined(Object.keys(record).map((key) => `${key}=${textAt(record, key)}`));
}

function joined(texts: readonly string[]): string {
  return texts.length === 0 ? none : texts.join(",");
}
