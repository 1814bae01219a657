/** Certificates for a connection, as PEM text. Without `certificateAuthority` the system's roots decide. */
export interface TlsMaterial {
  readonly certificateAuthority?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * Where kube-apiserver is and how to be recognised there.
 *
 * Both functions are asked again and again, so rotated files and renewed tokens take effect without a restart.
 * `closed` fires when whoever asked is closed and needs no answer.
 */
export interface ClusterConfig {
  /** For messages: `in-cluster configuration`, `kubeconfig /etc/k.conf, context "prod"`. */
  readonly description: string;
  /** `https://10.96.0.1:443`; a path prefix is kept. */
  readonly server: string;
  /** The name the server's certificate must carry, when it is not the host of `server`. */
  readonly tlsServerName?: string | undefined;
  /** Accepts any server certificate: whoever answers gets our credentials. For development only. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** Asked before each new connection. */
  tls(closed?: AbortSignal): Promise<TlsMaterial>;
  /** The value of the Authorization header, if there is one. Asked before each request. */
  authorization(closed?: AbortSignal): Promise<string | undefined>;
  /** Called when the server did not accept the credentials, so that the next request uses fresh ones. */
  credentialsRefused?(): void;
  /** Entries that were found and have no effect, each with the reason. */
  readonly warnings?: readonly string[] | undefined;
}
