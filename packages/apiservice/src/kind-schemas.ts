/** OpenAPI schemas of kinds made of plain fields, for `kubectl explain` and validation. */
import type { FieldSchema, KindSchema } from "./field-schema.ts";
import { listMetaSchema, objectMetaSchema } from "./object-meta-schema.ts";
import type { OpenApiSchemas } from "./resource.ts";

const metaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1";

/**
 * Describes the kinds of a version, with their lists and with `apiVersion`, `kind` and `metadata`.
 *
 * Definitions are named as CustomResourceDefinitions name theirs: `com.example.wardle.v1alpha1.Flunder`.
 *
 * @param kinds - kind → its fields; pass the same to `storedResource`, and it checks what it is sent
 */
export function kindSchemas(
  group: string,
  version: string,
  kinds: Readonly<Record<string, KindSchema>>,
): OpenApiSchemas {
  const prefix = `${group.split(".").toReversed().join(".")}.${version}`;
  const schemas: Record<string, unknown> = {
    [`${metaPackage}.ListMeta`]: listMetaSchema,
    [`${metaPackage}.ObjectMeta`]: objectMetaSchema,
  };
  const names: Record<string, string> = {};
  for (const [kind, schema] of Object.entries(kinds)) {
    const list = `${kind}List`;
    names[kind] = `${prefix}.${kind}`;
    names[list] = `${prefix}.${list}`;
    schemas[`${prefix}.${kind}`] = {
      type: "object",
      ...schema,
      properties: { ...typeMeta, metadata: described("ObjectMeta", "Who the object is."), ...schema.properties },
      "x-kubernetes-group-version-kind": [{ group, kind, version }],
    };
    schemas[`${prefix}.${list}`] = {
      type: "object",
      description: `A list of ${kind}.`,
      required: ["items"],
      properties: {
        ...typeMeta,
        metadata: described("ListMeta", "Metadata of the list."),
        items: { type: "array", description: "The objects.", items: { $ref: reference(`${prefix}.${kind}`) } },
      },
      "x-kubernetes-group-version-kind": [{ group, kind: list, version }],
    };
  }
  return { schemas, kinds: names };
}

const typeMeta: Readonly<Record<string, FieldSchema>> = {
  apiVersion: { type: "string", description: "Version of this form of the object." },
  kind: { type: "string", description: "What the object is." },
};

function described(kind: string, description: string): object {
  return { description, default: {}, allOf: [{ $ref: reference(`${metaPackage}.${kind}`) }] };
}

function reference(name: string): string {
  return `#/components/schemas/${name}`;
}
