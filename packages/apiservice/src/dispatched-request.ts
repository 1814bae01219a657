/** The request as a resource sees it. What most resources never look at is made on first use. */
import type { UserInfo } from "@kubemetrics/authentication";
import { parseQuery, type RequestInfo } from "@kubemetrics/authorization";
import type { Exchange } from "./exchange.ts";
import type { ResourceRequest } from "./resource.ts";
import type { ResourceTarget } from "./served-resource.ts";

export class DispatchedRequest implements ResourceRequest {
  readonly info: RequestInfo;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly user: UserInfo;
  readonly #exchange: Exchange;
  #query: URLSearchParams | undefined;

  constructor(target: ResourceTarget, exchange: Exchange, labelSelector: string, fieldSelector: string) {
    this.info = exchange.info;
    this.namespace = target.namespace;
    this.name = target.name;
    this.labelSelector = labelSelector;
    this.fieldSelector = fieldSelector;
    this.user = exchange.user;
    this.#exchange = exchange;
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(parseQuery(this.info.rawQuery).map(([name, value]) => [name, value]));
    return this.#query;
  }

  get headers(): readonly string[] {
    return this.#exchange.visibleHeaders;
  }

  warn(text: string): void {
    this.#exchange.warn(text);
  }
}
