import type { KubeError } from "./kube-error.ts";

/** How a list+watch cache is doing. */
export interface CollectionStatus {
  /** A complete list was taken over at least once. */
  readonly synced: boolean;
  /** Why the cache may be behind; `undefined` while it follows the server. */
  readonly failure: KubeError | undefined;
  /** Since when `failure` lasts, milliseconds since the epoch. */
  readonly failingSinceMs: number | undefined;
  readonly objects: number;
  /** Counters since the start. */
  readonly lists: number;
  readonly watches: number;
  readonly events: number;
  readonly unparsableLines: number;
  readonly failures: number;
}

/** Told once per change of state, never once per retry. */
export interface CollectionObserver {
  synced?(resource: string, objects: number): void;
  failing?(resource: string, error: KubeError): void;
  recovered?(resource: string): void;
}
