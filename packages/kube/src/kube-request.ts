/** What is asked of kube-apiserver. */
import type { KubeVerb, ResourceLocation } from "./resource-location.ts";

export interface KubeRequest {
  /** Decides the HTTP method. */
  readonly verb: KubeVerb;
  /** For error messages. */
  readonly location: ResourceLocation;
  /** From `/api` or `/apis` on, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Default `application/json`. */
  readonly accept?: string | undefined;
  /** JSON text. */
  readonly body?: string | undefined;
  /** Of the body: which kind of patch it is, for example. Default `application/json`. */
  readonly contentType?: string | undefined;
  /** Default: the connection's. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface KubeStreamRequest extends KubeRequest {
  /** No byte for this long: the connection counts as dead, and the stream ends with `TIMED_OUT`. */
  readonly silenceMs: number;
}
