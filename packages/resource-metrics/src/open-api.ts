/** OpenAPI schemas of the kinds, for `kubectl explain` and client-side validation. */
import type { OpenApiSchemas } from "@kubemetrics/apiservice";

const kinds = ["NodeMetrics", "NodeMetricsList", "PodMetrics", "PodMetricsList"] as const;
const machinery = "io.k8s.apimachinery.pkg";

/** Schemas of one version of metrics.k8s.io, with the shared ones that they refer to. */
export function openApiOf(version: "v1" | "v1beta1"): OpenApiSchemas {
  const prefix = `io.k8s.metrics.pkg.apis.metrics.${version}`;
  const topLevel = (kind: string, schema: object): object => ({
    ...schema,
    "x-kubernetes-group-version-kind": [{ group: "metrics.k8s.io", kind, version }],
  });
  return {
    kinds: Object.fromEntries(kinds.map((kind) => [kind, `${prefix}.${kind}`])),
    schemas: {
      ...sharedSchemas,
      [`${prefix}.ContainerMetrics`]: {
        description: "Resource usage of one container.",
        type: "object",
        required: ["name", "usage"],
        properties: {
          name: text("Name of the container, as in the pod's spec.", ""),
          usage,
        },
      },
      [`${prefix}.NodeMetrics`]: topLevel("NodeMetrics", measured("Resource usage of a node.", { usage })),
      [`${prefix}.PodMetrics`]: topLevel(
        "PodMetrics",
        measured("Resource usage of a pod's containers.", {
          containers: {
            ...listOf(`${prefix}.ContainerMetrics`, "All containers, measured over the same window."),
            "x-kubernetes-list-type": "atomic",
          },
        }),
      ),
      [`${prefix}.NodeMetricsList`]: topLevel(
        "NodeMetricsList",
        list(`${prefix}.NodeMetrics`, "A list of NodeMetrics."),
      ),
      [`${prefix}.PodMetricsList`]: topLevel("PodMetricsList", list(`${prefix}.PodMetrics`, "A list of PodMetrics.")),
    },
  };
}

function reference(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}

function described(name: string, description: string, rest: object = {}): object {
  return { description, ...rest, allOf: [reference(name)] };
}

function text(description: string, value?: string): object {
  return { description, type: "string", ...(value === undefined ? {} : { default: value }) };
}

function listOf(name: string, description: string): object {
  return { description, type: "array", items: reference(name) };
}

const typeMeta = {
  apiVersion: text("Version of this form of the object."),
  kind: text("What the object is."),
};

const usage = {
  description: "Resource name to amount. Memory is the working set.",
  type: "object",
  additionalProperties: reference(`${machinery}.api.resource.Quantity`),
};

function measured(description: string, payload: Readonly<Record<string, object>>): object {
  return {
    description,
    type: "object",
    required: ["timestamp", "window", ...Object.keys(payload)],
    properties: {
      ...typeMeta,
      metadata: described(`${machinery}.apis.meta.v1.ObjectMeta`, "Name, namespace and labels of what was measured.", {
        default: {},
      }),
      timestamp: described(`${machinery}.apis.meta.v1.Time`, "End of the window over which usage was measured."),
      window: reference(`${machinery}.apis.meta.v1.Duration`),
      ...payload,
    },
  };
}

function list(item: string, description: string): object {
  return {
    description,
    type: "object",
    required: ["items"],
    properties: {
      ...typeMeta,
      metadata: described(`${machinery}.apis.meta.v1.ListMeta`, "Metadata of the list.", { default: {} }),
      items: listOf(item, "The objects."),
    },
  };
}

const textMap = { type: "object", additionalProperties: { type: "string", default: "" } };

/** Only the metadata that these kinds have. */
const sharedSchemas: Readonly<Record<string, object>> = {
  [`${machinery}.api.resource.Quantity`]: {
    description: "An exact number with an optional suffix: 500m, 12240Ki, 2, 12e6.",
    oneOf: [{ type: "string" }, { type: "number" }],
  },
  [`${machinery}.apis.meta.v1.Duration`]: text("A length of time as Go writes it: 15s, 1m0s, 15.016s."),
  [`${machinery}.apis.meta.v1.Time`]: {
    ...text("A point in time in RFC 3339, with seconds, in UTC."),
    format: "date-time",
  },
  [`${machinery}.apis.meta.v1.ListMeta`]: {
    description: "Metadata of a list.",
    type: "object",
    properties: {
      continue: text("Where to go on when the list was cut; always empty here."),
      remainingItemCount: { description: "How many objects follow.", type: "integer", format: "int64" },
      resourceVersion: text("State of the server that the list shows; always empty here."),
      selfLink: text("No longer used."),
    },
  },
  [`${machinery}.apis.meta.v1.ObjectMeta`]: {
    description: "Metadata of an object.",
    type: "object",
    properties: {
      annotations: { description: "Free information about the object.", ...textMap },
      creationTimestamp: described(`${machinery}.apis.meta.v1.Time`, "When the server got this measurement."),
      labels: { description: "Labels of the node or pod.", ...textMap },
      name: text("Name of the node or pod."),
      namespace: text("Namespace of the pod."),
      resourceVersion: text("Always empty here."),
      uid: text("Identity of the object over time."),
    },
  },
};
