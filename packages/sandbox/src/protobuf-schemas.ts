/**
 * The messages of the few kinds that kubectl sends as protobuf.
 *
 * @see kubernetes `api` generated.proto files
 */

export type FieldType = "text" | "bool" | "int" | "bytes" | "time" | Message;
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly form: "one" | "list" | "map";
}
/** By field number. */
export type Message = ReadonlyMap<number, Field>;

export const one = (name: string, type: FieldType = "text"): Field => ({ name, type, form: "one" });
const list = (name: string, type: FieldType = "text"): Field => ({ name, type, form: "list" });
const map = (name: string, type: FieldType = "text"): Field => ({ name, type, form: "map" });
export const message = (fields: { readonly [number: number]: Field }): Message =>
  new Map(Object.entries(fields).map(([number, field]) => [Number(number), field]));

const metadata = message({
  1: one("name"),
  2: one("generateName"),
  3: one("namespace"),
  5: one("uid"),
  6: one("resourceVersion"),
  8: one("creationTimestamp", "time"),
  11: map("labels"),
  12: map("annotations"),
  14: list("finalizers"),
});
const requirement = message({ 1: one("key"), 2: one("operator"), 3: list("values") });
const selector = message({ 1: one("rawSelector"), 2: list("requirements", requirement) });
const resourceAttributes = message({
  1: one("namespace"),
  2: one("verb"),
  3: one("group"),
  4: one("version"),
  5: one("resource"),
  6: one("subresource"),
  7: one("name"),
  8: one("fieldSelector", selector),
  9: one("labelSelector", selector),
});
const accessSpec = message({
  1: one("resourceAttributes", resourceAttributes),
  2: one("nonResourceAttributes", message({ 1: one("path"), 2: one("verb") })),
  3: one("user"),
  4: list("groups"),
  5: map("extra", message({ 1: list("") })),
  6: one("uid"),
});
const accessReview = message({ 1: one("metadata", metadata), 2: one("spec", accessSpec) });
const rule = message({
  1: list("verbs"),
  2: list("apiGroups"),
  3: list("resources"),
  4: list("resourceNames"),
  5: list("nonResourceURLs"),
});
const role = message({ 1: one("metadata", metadata), 2: list("rules", rule) });
const binding = message({
  1: one("metadata", metadata),
  2: list("subjects", message({ 1: one("kind"), 2: one("apiGroup"), 3: one("name"), 4: one("namespace") })),
  3: one("roleRef", message({ 1: one("apiGroup"), 2: one("kind"), 3: one("name") })),
});

/** Kinds that are read, by name. What a schema leaves out is left out of the object too. */
export const kindSchemas: ReadonlyMap<string, Message> = new Map([
  ["Namespace", message({ 1: one("metadata", metadata) })],
  [
    "ConfigMap",
    message({
      1: one("metadata", metadata),
      2: map("data"),
      3: map("binaryData", "bytes"),
      4: one("immutable", "bool"),
    }),
  ],
  [
    "DeleteOptions",
    message({
      2: one("preconditions", message({ 1: one("uid"), 2: one("resourceVersion") })),
      5: list("dryRun"),
    }),
  ],
  ["ServiceAccount", message({ 1: one("metadata", metadata) })],
  [
    "TokenReview",
    message({ 1: one("metadata", metadata), 2: one("spec", message({ 1: one("token"), 2: list("audiences") })) }),
  ],
  [
    "TokenRequest",
    message({
      1: one("metadata", metadata),
      2: one("spec", message({ 1: list("audiences"), 4: one("expirationSeconds", "int") })),
    }),
  ],
  ["SelfSubjectReview", message({ 1: one("metadata", metadata) })],
  ["SubjectAccessReview", accessReview],
  ["LocalSubjectAccessReview", accessReview],
  ["SelfSubjectAccessReview", accessReview],
  [
    "SelfSubjectRulesReview",
    message({ 1: one("metadata", metadata), 2: one("spec", message({ 1: one("namespace") })) }),
  ],
  ["Role", role],
  ["ClusterRole", role],
  ["RoleBinding", binding],
  ["ClusterRoleBinding", binding],
]);
