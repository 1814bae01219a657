/** What registration needs from kube-apiserver. `ApiServiceClient` of `@kubemetrics/kube` fits. */

/** An APIService as kube-apiserver shows it; only what is looked at. */
export interface ApiServiceObject {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>> | null;
  };
  readonly spec?: {
    /** Absent: kube-apiserver serves this version itself. */
    readonly service?: { readonly namespace?: string; readonly name?: string } | null;
    /** Base64 of PEM. */
    readonly caBundle?: string | null;
    readonly insecureSkipTLSVerify?: boolean;
  };
}

export interface ApiServicePatch {
  /** The patch counts only for the object as it was read. */
  readonly metadata: { readonly resourceVersion: string };
  readonly spec: { readonly caBundle: string };
}

export interface ApiServiceClient {
  /** `undefined`: there is none of that name. */
  get(name: string): Promise<ApiServiceObject | undefined>;
  /** A merge patch. `"stale"`: the object changed or went since it was read, and nothing was done. */
  patch(name: string, patch: ApiServicePatch): Promise<"patched" | "stale">;
}
