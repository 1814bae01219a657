import type { ClusterConnection } from "./cluster-connection.ts";
import type { CollectionStatus } from "./collection-status.ts";
import type { ConfigMapState } from "./config-map-state.ts";
import type { ApiObject } from "./api-object.ts";
import type { KubeError } from "./kube-error.ts";
import { ListWatch, type CollectionSink, type ListWatchOptions } from "./list-watch.ts";

export interface ConfigMapLocation {
  readonly namespace: string;
  readonly name: string;
}

/** Where kube-apiserver says whom extension API servers may trust. */
export const authenticationConfigMap: ConfigMapLocation = {
  namespace: "kube-system",
  name: "extension-apiserver-authentication",
};

/**
 * One ConfigMap and its changes, asked for by field selector: rights on that single name are enough.
 *
 * A listener hears of every change of state; after a failure the present data is reported again.
 */
export class ConfigMapCache {
  readonly #name: string;
  readonly #listeners = new Set<(state: ConfigMapState) => void>();
  readonly #listWatch: ListWatch;
  #object: { readonly data: Readonly<Record<string, string>>; readonly generation: number } | undefined;
  #state: ConfigMapState | undefined;

  constructor(connection: ClusterConnection, at: ConfigMapLocation, options: ListWatchOptions = {}) {
    this.#name = at.name;
    const sink: CollectionSink = {
      put: (object, generation) => this.#put(object, generation),
      remove: (object) => this.#remove(object.metadata?.name),
      sweep: (generation) => this.#sweep(generation),
      size: () => (this.#object === undefined ? 0 : 1),
    };
    const { observer } = options;
    this.#listWatch = new ListWatch(
      connection,
      {
        path: `/api/v1/namespaces/${at.namespace}/configmaps`,
        location: { group: "", resource: "configmaps", ...at },
        query: { fieldSelector: `metadata.name=${at.name}` },
      },
      sink,
      {
        ...options,
        observer: {
          ...(observer?.synced && { synced: (resource, objects) => observer.synced?.(resource, objects) }),
          failing: (resource, error) => {
            this.#tell(failedState(error));
            observer?.failing?.(resource, error);
          },
          recovered: (resource) => {
            if (this.#listWatch.status.synced) this.#tell(this.#present());
            observer?.recovered?.(resource);
          },
        },
      },
    );
  }

  start(): void {
    this.#listWatch.start();
  }

  close(): Promise<void> {
    return this.#listWatch.close();
  }

  get status(): CollectionStatus {
    return this.#listWatch.status;
  }

  /** Calls the listener with the state if it is known, and on every change. Returns the function that ends it. */
  subscribe(listener: (state: ConfigMapState) => void): () => void {
    this.#listeners.add(listener);
    if (this.#state !== undefined) listener(this.#state);
    return () => this.#listeners.delete(listener);
  }

  #put(object: ApiObject, generation: number): void {
    if (object.metadata?.name !== this.#name) return;
    const data = (object as { data?: Readonly<Record<string, string>> | null }).data ?? {};
    const isChanged = this.#object === undefined || JSON.stringify(this.#object.data) !== JSON.stringify(data);
    this.#object = { data, generation };
    if (isChanged || this.#state?.kind !== "present") this.#tell(this.#present());
  }

  #remove(name: string | undefined): void {
    if (name !== this.#name) return;
    this.#object = undefined;
    this.#tell(this.#present());
  }

  #sweep(generation: number): void {
    if (this.#object !== undefined && this.#object.generation >= generation) return;
    this.#object = undefined;
    if (this.#state?.kind !== "absent") this.#tell(this.#present());
  }

  #present(): ConfigMapState {
    return this.#object === undefined ? { kind: "absent" } : { kind: "present", data: this.#object.data };
  }

  #tell(state: ConfigMapState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

function failedState(error: KubeError): ConfigMapState {
  return { kind: error.code === "FORBIDDEN" ? "forbidden" : "failed", message: error.message };
}
