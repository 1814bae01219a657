/** What is known right now about one ConfigMap. */
export type ConfigMapState =
  | { readonly kind: "present"; readonly data: Readonly<Record<string, string>> }
  /** kube-apiserver answered: there is none. */
  | { readonly kind: "absent" }
  /** Listing or watching is not allowed; `message` names the missing permission. Tried again all the same. */
  | { readonly kind: "forbidden"; readonly message: string }
  /** No answer, or an unusable one. Tried again. */
  | { readonly kind: "failed"; readonly message: string };
