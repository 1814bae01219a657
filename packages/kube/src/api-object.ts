/** The parts of decoded API objects that every reader here needs. Nothing is trusted to be there. */

export interface ApiMetadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly annotations?: Readonly<Record<string, string>> | null;
}

export interface ApiObject {
  readonly kind?: string;
  readonly metadata?: ApiMetadata;
}

export interface ApiList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly ApiObject[] | null;
}

/** A JSON object, else `undefined`. */
export function asObject(value: unknown): ApiObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}
