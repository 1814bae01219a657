/** What the attacked process and the attacker tell each other. */

export interface ServerOrder {
  readonly serving: { readonly certificatePem: string; readonly keyPem: string };
  readonly userCaPem: string;
  readonly proxyCaPem: string;
  /** Base URL of what plays kube-apiserver. */
  readonly kubeApiserver: string;
  /** How long it is waited for. */
  readonly reviewTimeoutMs: number;
}

export interface ServerReady {
  readonly port: number;
}

/** After collecting garbage. */
export interface ServerState {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly connections: number;
  /** Log lines of level error. */
  readonly errors: readonly string[];
}
