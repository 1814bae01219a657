/** What a kubelet does wrong. */
export type KubeletFault =
  /** The answer starts late. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** 500 with a text. */
  | { readonly kind: "error" }
  /** The container runtime does not answer: a resource page that says only that, with status 200; 500 for the summary. */
  | { readonly kind: "runtime-gone" }
  /** The connection breaks after this share (0 … 1) of the page. Default 0.5. */
  | { readonly kind: "truncated"; readonly share?: number }
  /** 200 with bytes that are no exposition text. */
  | { readonly kind: "garbage" }
  /** The kubelet was killed: connections are cut, new ones refused. */
  | { readonly kind: "refuse" }
  /** Serves a certificate of an authority nobody trusts. */
  | { readonly kind: "untrusted-certificate" };
