/** Asks kubelets over HTTPS: one kept-alive connection a node. */
import type { Clock } from "./clock.ts";
import type { KubeletEndpoint } from "./kubelet-endpoint.ts";

/** Certificates for connections to kubelets, as PEM text. */
export interface KubeletTls {
  /** Who signed the kubelets' serving certificates. Absent: the system's roots, which know no kubelet. */
  readonly certificateAuthority?: string | undefined;
  /** Client certificate and key: both or neither. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Accepts any certificate: whoever answers on that address gets our token and can invent usage. Default false. */
  readonly insecure?: boolean | undefined;
}

export interface KubeletClientOptions {
  /** Asked before each connection, so rotated files take effect; connections made with other material are closed. */
  readonly tls: () => KubeletTls;
  /** Value of the Authorization header (`Bearer …`). Asked before each request, so a renewed token takes effect. */
  readonly authorization?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Called when a kubelet answered 401, so that the next request uses fresh credentials. */
  readonly credentialsRefused?: (() => void) | undefined;
  /** Plain HTTP, no credentials: `--deprecated-kubelet-completely-insecure`. Default false. */
  readonly plaintext?: boolean | undefined;
  /** Bytes of a body, after decompression, beyond which a kubelet is cut off. Default 32 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Ask for gzip: a tenth of the bytes on the wire for about three times our CPU. Default false. */
  readonly compress?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

export class KubeletClient {
  constructor(options: KubeletClientOptions) {
    void options;
  }

  /**
   * GETs one path and hands the body to `use`. The bytes belong to the client again when `use` returns.
   *
   * @throws KubeletError
   */
  get<T>(endpoint: KubeletEndpoint, path: string, timeoutMs: number, use: (body: Uint8Array) => T): Promise<T> {
    void endpoint;
    void path;
    void timeoutMs;
    void use;
    return Promise.reject(new Error("not written yet"));
  }

  /** Closes the node's connection. */
  forget(node: string): void {
    void node;
  }

  /** Closes all connections; running requests end with `CLOSED`. */
  close(): void {}
}
