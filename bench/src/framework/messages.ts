/** What the processes of the `framework` bench tell each other. */

export interface ServerOrder {
  readonly kind: "bare" | "framework";
  readonly serving: { readonly certificatePem: string; readonly keyPem: string };
  readonly proxyCaPem: string;
}

export interface ServerReady {
  readonly port: number;
}

/** `pass`: let this much time go by for the cache of access reviews. */
export interface ServerQuestion {
  readonly passMs: number;
}

export interface ServerState {
  /** CPU of the process so far, user and system, in microseconds. */
  readonly cpuUs: number;
  /** SubjectAccessReviews so far. */
  readonly reviews: number;
}

export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly caPem: string;
  readonly client: { readonly certificatePem: string; readonly keyPem: string };
  readonly connections: number;
  /** For the next orders of this width: no handshake is measured then. */
  readonly keepsConnections: boolean;
  /** `undefined`: each connection asks once, all at the same moment. */
  readonly durationMs: number | undefined;
  /** How many user names the connections share. */
  readonly users: number;
  /** Of the body; every answer is held against it. */
  readonly bodyBytes: number;
}

export interface LoadDone {
  readonly requests: number;
  readonly elapsedMs: number;
}

export const smallPath = "/apis/bench.example.com/v1/namespaces/default/smalls";
export const largePath = "/apis/bench.example.com/v1/namespaces/default/larges";
