/** What a resource hands back: an object or a list that can show itself in the forms a client may ask for. */
import type { ListMeta, ObjectMeta, TableColumn } from "@kubemetrics/apimachinery";

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
  /** Metadata of the object, or of the list and its items, for `as=PartialObjectMeta[List]`. */
  partialMetadata?(): PartialParts;
  /**
   * The same list with only the objects that `selects` takes, for resources that do not honour selectors. Absent: a request
   * with selectors gets 400.
   */
  selected?(selects: (object: Readonly<Record<string, unknown>>) => boolean): ResourceAnswer;
  /** 200 when absent; 201 for something created. */
  readonly status?: number;
}

export interface TableRow {
  /** As many as columns. */
  readonly cells: readonly (string | number | boolean | null)[];
  /** For `includeObject=Metadata`, the default. */
  readonly metadata: ObjectMeta;
  /** Compact JSON of the whole object with `kind` and `apiVersion`, without newline; for `includeObject=Object`. */
  object?(): Uint8Array;
}

export interface TableParts {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
  readonly metadata: ListMeta;
}

export type PartialParts =
  | { readonly kind: "object"; readonly metadata: ObjectMeta }
  | { readonly kind: "list"; readonly metadata: ListMeta; readonly items: readonly ObjectMeta[] };
