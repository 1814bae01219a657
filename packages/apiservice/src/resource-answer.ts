/** What a resource hands back: an object or a list that can show itself in the forms a client may ask for. */

export type BodyFormat = "json" | "yaml" | "protobuf";

/**
 * An object or a list that can show itself in the forms a client may ask for. Only the asked form is made.
 *
 * Segments are sent as they are and in order, never copied or joined, so they must not change afterwards. Keep a
 * segment object alive between requests and its compressed form is kept with it. About 64 KB each is best.
 */
export interface ResourceAnswer {
  /** Compact JSON ends with `"\n"`, YAML is a whole document, protobuf includes the `k8s\0` envelope. */
  body(format: BodyFormat): readonly Uint8Array[];
  /** Columns, rows and list metadata; the framework writes the Table. Absent: a client that insists on tables gets 406. */
  table?(): TableParts;
  /** Metadata of the object, or of the list and its items, for `as=PartialObjectMetadata[List]`. */
  partialMetadata?(): PartialParts;
  /** 200 when absent; 201 for something created. */
  readonly status?: number;
}

/** `metadata` of a list; empty fields are left out. */
export interface ListMetadata {
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** `metadata` of an object as JSON shows it; absent and empty fields are left out. */
export interface ObjectMetadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  /** RFC 3339, seconds, UTC. */
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  /** Keys are shown in byte order. */
  readonly labels?: ReadonlyMap<string, string>;
  readonly annotations?: ReadonlyMap<string, string>;
}

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  /** As many as columns. */
  readonly cells: readonly (string | number | boolean | null)[];
  /** For `includeObject=Metadata`, the default. */
  readonly metadata: ObjectMetadata;
  /** Compact JSON of the whole object with `kind` and `apiVersion`, without newline; for `includeObject=Object`. */
  object?(): Uint8Array;
}

export interface TableParts {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
  readonly metadata: ListMetadata;
}

export type PartialParts =
  | { readonly kind: "object"; readonly metadata: ObjectMetadata }
  | { readonly kind: "list"; readonly metadata: ListMetadata; readonly items: readonly ObjectMetadata[] };
