/** What the processes of the `cycle` bench tell each other. */
export interface ClusterReady {
  readonly kubeconfig: string;
  readonly adminKubeconfig: string;
  readonly token: string;
  readonly authorityPem: string;
  readonly url: string;
  readonly serving: { readonly certificatePem: string; readonly keyPem: string };
  readonly kubelets: readonly { readonly address: string; readonly port: number }[];
}

export interface RegisterServer {
  readonly port: number;
}

export interface DownloadOrder {
  readonly cluster: ClusterReady;
  readonly periodMs: number;
  readonly cycles: number;
}

export interface DownloadDone {
  /** CPU of each whole cycle after the first, in milliseconds. */
  readonly cpuMs: readonly number[];
  readonly rssMb: number;
  readonly bytes: number;
}
