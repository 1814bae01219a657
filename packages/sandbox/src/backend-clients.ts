/** The transports to all extension servers: one for each APIService, made anew when its trust or its Service changes. */
import type { KeyPair } from "@kubemetrics/x509";
import type { ApiService, ServiceReference } from "./api-service.ts";
import { BackendClient } from "./backend-client.ts";

export class BackendClients {
  #frontProxy: KeyPair;
  readonly #clients = new Map<string, { readonly key: string; readonly client: BackendClient }>();

  constructor(frontProxy: KeyPair) {
    this.#frontProxy = frontProxy;
  }

  for(apiService: ApiService, service: ServiceReference): BackendClient {
    const key = JSON.stringify([service, apiService.caBundle, apiService.skipsVerification]);
    const known = this.#clients.get(apiService.name);
    if (known?.key === key) return known.client;
    known?.client.closeIdle();
    const client = new BackendClient(apiService, service, this.#frontProxy);
    this.#clients.set(apiService.name, { key, client });
    return client;
  }

  /** Shows another certificate on every connection from now on. Requests under way go on. */
  use(frontProxy: KeyPair): void {
    this.#frontProxy = frontProxy;
    for (const { client } of this.#clients.values()) client.closeIdle();
    this.#clients.clear();
  }

  /** Drops the idle connections of an APIService that is gone, or whose server stopped answering. Requests under way go on. */
  forget(name: string): void {
    this.#clients.get(name)?.client.closeIdle();
  }

  close(): void {
    for (const { client } of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}
