/** The pool of connections, made anew when certificates change. */
import { buildConnector, Pool } from "undici";
import type { ClusterConfig, TlsMaterial } from "../cluster-config.ts";

export interface PoolOptions {
  readonly http2: boolean;
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
}

export class RotatingPool {
  readonly #origin: string;
  readonly #config: ClusterConfig;
  readonly #options: PoolOptions;
  readonly #retired = new Set<Pool>();
  #newest: { readonly material: TlsMaterial; readonly pool: Pool } | undefined;

  constructor(origin: string, config: ClusterConfig, options: PoolOptions) {
    this.#origin = origin;
    this.#config = config;
    this.#options = options;
  }

  /** Another pool than before when certificates changed: running requests end on the old one. */
  async current(closed: AbortSignal): Promise<Pool> {
    const material = await this.#config.tls(closed);
    if (this.#newest !== undefined && sameMaterial(this.#newest.material, material)) return this.#newest.pool;
    const pool = this.#made(material);
    const old = this.#newest?.pool;
    this.#newest = { material, pool };
    if (old !== undefined) {
      this.#retired.add(old);
      void old.close().finally(() => this.#retired.delete(old));
    }
    return pool;
  }

  /** Closes all connections, those of running requests too, which fail with `reason`. */
  async destroy(reason: Error): Promise<void> {
    const pools = [...this.#retired, ...(this.#newest === undefined ? [] : [this.#newest.pool])];
    await Promise.all(pools.map((pool) => pool.destroy(reason)));
  }

  #made(material: TlsMaterial): Pool {
    const { http2, connectTimeoutMs, maxConnections } = this.#options;
    const tlsOptions = {
      ...(material.certificateAuthority === undefined ? {} : { ca: material.certificateAuthority }),
      ...(material.certificate === undefined ? {} : { cert: material.certificate }),
      ...(material.key === undefined ? {} : { key: material.key }),
      ...(this.#config.tlsServerName === undefined ? {} : { servername: this.#config.tlsServerName }),
      rejectUnauthorized: this.#config.insecureSkipTlsVerify !== true,
    };
    return new Pool(this.#origin, {
      connections: maxConnections,
      // Shorter than the 90 s after which kube-apiserver closes idle connections.
      keepAliveTimeout: 60_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: http2,
      ...(http2 ? { h2Options: { pingInterval: 20_000 } } : {}),
      connect: buildConnector({
        ...tlsOptions,
        allowH2: http2,
        preferH2: http2,
        timeout: connectTimeoutMs,
        keepAlive: true,
        keepAliveInitialDelay: 30_000,
        autoSelectFamily: true,
      }),
    });
  }
}

function sameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.certificateAuthority === b.certificateAuthority && a.certificate === b.certificate && a.key === b.key;
}
