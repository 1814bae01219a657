/** Names of resources and kinds inside their API groups. */

/** A resource name in its group: `{group: "metrics.k8s.io", resource: "nodes"}`. The core group is the empty text. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** A kind in its group: `{group: "metrics.k8s.io", kind: "NodeMetrics"}`. */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** `nodes.metrics.k8s.io`; just the resource in the core group. */
export function groupResourceText(resource: GroupResource): string {
  return resource.group === "" ? resource.resource : `${resource.resource}.${resource.group}`;
}

/** `NodeMetrics.metrics.k8s.io`; just the kind in the core group. */
export function groupKindText(kind: GroupKind): string {
  return kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
}
