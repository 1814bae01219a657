/** What is known right now of ConfigMap `extension-apiserver-authentication` in namespace `kube-system`. */
export type ConfigMapState =
  /** It exists: the `data` of the object. */
  | { readonly kind: "present"; readonly data: Readonly<Record<string, string>> }
  /** The API server answered: it does not exist, or it was deleted. */
  | { readonly kind: "absent" }
  /** Listing or watching was refused with 403. The source keeps trying. */
  | { readonly kind: "forbidden"; readonly message: string }
  /** Anything else went wrong. The source keeps trying. */
  | { readonly kind: "failed"; readonly message: string };

/** A list and watch of the one ConfigMap that says whom kube-apiserver trusts. */
export interface ConfigMapSource {
  /**
   * Calls the listener with the present state (at once if it is already known) and again on every change of it.
   * The source itself retries for ever, with backoff; after a failure the next good read is reported again.
   *
   * @returns ends the subscription
   */
  subscribe(listener: (state: ConfigMapState) => void): () => void;
}
