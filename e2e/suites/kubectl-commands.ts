/** What operators type to see metrics: every form of `kubectl top`, then `get`, `describe`, `explain`, `api-resources`, and mistakes. */
import type { ObjectNames } from "./two-servers.ts";

/** Words as a shell would split the command, names filled in: `{node}`, `{pod}` … */
export function wordsOf(command: string, names: ObjectNames): string[] {
  const known: Readonly<Record<string, string | readonly string[]>> = { ...names };
  return command.split(" ").map((word) => word.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(known[name])));
}

const protobuf = ["true", "false"].map((value) => `--use-protocol-buffers=${value}`);

const topNodes = [
  "top nodes",
  ...protobuf.map((flag) => `top nodes ${flag}`),
  ...protobuf.map((flag) => `top node {node} ${flag}`),
  "top nodes --sort-by=cpu",
  "top nodes --sort-by=memory",
  "top nodes --no-headers",
  "top nodes --show-capacity",
  "top nodes --show-swap",
  "top nodes -l kubernetes.io/hostname={node}",
  "top nodes -l kubernetes.io/hostname!={node}",
  "top nodes -l nothing=here",
  "top node nowhere",
  "top node {silentNode}",
];

const topPods = [
  "top pods",
  "top pods -n {namespace}",
  "top pods -A",
  ...protobuf.map((flag) => `top pods -A --containers ${flag}`),
  "top pods -A --sum",
  "top pods -A --containers --sum",
  "top pods -n {namespace} --sum",
  "top pods -A --sort-by=cpu",
  "top pods -A --sort-by=memory",
  "top pods -A --containers --sort-by=cpu",
  "top pods -A --containers --sort-by=memory",
  "top pods -A --no-headers",
  "top pods -A --show-swap",
  "top pods -n {namespace} -l {selector}",
  "top pods -A -l {selector} --containers",
  "top pods -A -l nothing=here",
  "top pods -A --field-selector=spec.nodeName={node}",
  "top pods -A --field-selector=status.phase=Running",
  "top pods -n {namespace} --field-selector=metadata.name={pod}",
  "top pods -A --field-selector=metadata.name=nowhere",
  "top pods -A --field-selector=spec.nonsense=1",
  ...protobuf.map((flag) => `top pod {podOfMany} -n {namespace} ${flag}`),
  "top pod {podOfMany} -n {namespace} --containers",
  "top pod nowhere -n {namespace}",
  "top pod {pod}",
  "top pods -n nowhere",
  "top pods -n {silentNamespace}",
  "top pod {silentPod} -n {silentNamespace}",
];

const forms = ["", " -o wide", " -o json", " -o yaml", " -o name"];

const get = [
  ...forms.map((form) => `get nodemetrics${form}`),
  ...forms.map((form) => `get nodemetrics {node}${form}`),
  ...forms.map((form) => `get podmetrics -A${form}`),
  ...forms.map((form) => `get podmetrics -n {namespace} {podOfMany}${form}`),
  "get podmetrics",
  "get nodes.metrics.k8s.io",
  "get pods.metrics.k8s.io -A",
  "get nodes.v1beta1.metrics.k8s.io",
  "get nodes.v1.metrics.k8s.io",
  "get nodemetrics --show-labels",
  "get podmetrics -A -L app",
  "get podmetrics -A --sort-by=.metadata.name",
  "get podmetrics -A --chunk-size=2",
  "get podmetrics -A -l {selector}",
  "get podmetrics -A --field-selector=metadata.name={pod}",
  "get podmetrics -A --field-selector=metadata.namespace!={namespace}",
  "get nodemetrics --field-selector=metadata.name={node}",
  "get podmetrics -A -l nothing=here",
  "get nodemetrics -o custom-columns=NODE:.metadata.name,CPU:.usage.cpu,TIME:.timestamp,WINDOW:.window",
  "get podmetrics -A -o jsonpath={.items[*].window}",
  "get podmetrics -n {silentNamespace}",
  "describe nodemetrics {node}",
  "describe podmetrics -n {namespace} {podOfMany}",
  "get --raw /apis/metrics.k8s.io/v1beta1/nodes",
  "get --raw /apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods/{pod}",
];

const meta = [
  "explain nodemetrics",
  "explain podmetrics",
  "explain nodemetrics.usage",
  "explain nodemetrics.timestamp",
  "explain podmetrics.containers",
  "explain podmetrics.containers.name",
  "explain podmetrics.metadata.name",
  "explain podmetrics.nonsense",
  "explain nodemetrics --recursive",
  "explain podmetrics --recursive",
  "explain podmetrics --api-version=metrics.k8s.io/v1beta1",
  "api-resources --api-group=metrics.k8s.io",
  "api-resources --api-group=metrics.k8s.io -o wide",
  "api-resources --api-group=metrics.k8s.io -o name",
  "api-resources --api-group=metrics.k8s.io --namespaced=true --no-headers",
  "api-resources --api-group=metrics.k8s.io --verbs=watch",
  "api-versions",
  "get --raw /apis/metrics.k8s.io",
  "get --raw /apis/metrics.k8s.io/v1beta1",
];

const mistakes = [
  "top nodes --as=nobody",
  "get nodemetrics nowhere",
  "get nodemetrics {silentNode}",
  "get podmetrics nowhere -n {namespace}",
  "get podmetrics {pod} -n nowhere",
  "get podmetrics {pod} nowhere {podOfMany} -n {namespace}",
  "get podmetrics {silentPod} -n {silentNamespace}",
  "get nodemetrics -l a=b=c",
  "get podmetrics -A --field-selector=spec.nodeName={node}",
  "get podmetrics -A --field-selector=status.phase=Running",
  "get nodemetrics --field-selector=spec.nonsense=1",
  "get nodemetrics --watch",
  "get nodemetrics --as=nobody",
  "get --raw /apis/metrics.k8s.io/v1beta1/things",
  "get --raw /apis/metrics.k8s.io/v1beta1/nodes/nowhere/status",
  "delete nodemetrics {node}",
  "delete podmetrics --all -n {namespace}",
  "label nodemetrics {node} a=b",
  "annotate podmetrics {pod} -n {namespace} a=b",
  "patch nodemetrics {node} --type=merge -p {}",
  "edit podmetrics nowhere -n {namespace}",
  "wait nodemetrics {node} --for=jsonpath={.metadata.name}={node} --timeout=1s",
];

export const kubectlCommands: readonly string[] = [...topNodes, ...topPods, ...get, ...meta, ...mistakes];
