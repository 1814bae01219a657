/** How the fields of a kind are described: the part of OpenAPI v3 that CustomResourceDefinitions use. */

export interface FieldSchema {
  readonly type: "object" | "array" | "string" | "integer" | "number" | "boolean";
  /** Shown by `kubectl explain`. */
  readonly description?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  /** Names of properties that must be there. */
  readonly required?: readonly string[];
  /** Of a map: the schema of every value. */
  readonly additionalProperties?: FieldSchema;
  /** Of a list: the schema of every item. */
  readonly items?: FieldSchema;
  /** Fields that are not described are kept as they are. */
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
}

/** What objects of a kind hold beside `apiVersion`, `kind` and `metadata`. */
export interface KindSchema {
  /** What one of them is, for `kubectl explain`. */
  readonly description: string;
  readonly properties: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
}
