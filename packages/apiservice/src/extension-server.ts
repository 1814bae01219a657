/** The extension API server: options in, a running HTTPS server out. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { H3, type H3Event } from "h3";
import { toNodeHandler } from "h3/node";
import { systemClock } from "./clock.ts";
import { ConnectionDrain } from "./connection-drain.ts";
import { Connections } from "./connection.ts";
import { Exchange } from "./exchange.ts";
import { chain, type Handler } from "./filter.ts";
import { filterChain } from "./filter-chain.ts";
import { metricsHandler, versionHandler } from "./fixed-paths.ts";
import type { HealthCheck } from "./health.ts";
import { healthHandlers } from "./health-handler.ts";
import { HttpsListener } from "./https-listener.ts";
import { openApiHandlers } from "./openapi-handlers.ts";
import { router } from "./router.ts";
import { toResponse } from "./send.ts";
import type { CloseOptions, ExtensionServer, ExtensionServerOptions, Limits, ServingPair } from "./server-options.ts";

const defaultLimits: Limits = {
  maxRequestsInFlight: 400,
  maxMutatingRequestsInFlight: 200,
  requestTimeoutMs: 60_000,
  maxBodyBytes: 3 * 1024 * 1024,
  headersTimeoutMs: 32_000,
  stalledReaderMs: 60_000,
};

/**
 * Makes a server; `listen` starts it.
 *
 * Nothing is served to anybody whom the authenticator and the authorizer have not let through, health included: pass an
 * authorizer that always allows the health paths.
 */
export function createExtensionServer(options: ExtensionServerOptions): ExtensionServer {
  return new Server(options);
}

class Server implements ExtensionServer {
  readonly #options: ExtensionServerOptions;
  readonly #limits: Limits;
  readonly #drain: ConnectionDrain;
  readonly #listener: HttpsListener;
  readonly #openConnections = new Connections();

  constructor(options: ExtensionServerOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    const clock = options.clock ?? systemClock;
    this.#listener = new HttpsListener({ ...options, clock, limits: this.#limits, connections: this.#openConnections });
    this.#drain = new ConnectionDrain(clock);
  }

  get connections(): number {
    return this.#listener.connections;
  }

  async listen(port: number, host = "0.0.0.0"): Promise<{ readonly port: number; readonly host: string }> {
    const bound = await this.#listener.listen(port, host);
    this.#listener.handle(this.#nodeHandler(bound.port));
    return bound;
  }

  replaceCertificate(pair: ServingPair): void {
    this.#listener.replace({ pair });
  }

  close(options: CloseOptions = {}): Promise<void> {
    const { delayMs = 0, drainMs = this.#limits.requestTimeoutMs } = options;
    return this.#drain.close(this.#listener, delayMs, drainMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close({ drainMs: 0 });
  }

  /**
   * One catch-all. h3 and srvx never see a request's target: reading it as a URL resolves `..`, decodes, and throws where
   * nobody catches, for a host and a path that are no URL together.
   */
  #nodeHandler(port: number): (request: IncomingMessage, response: ServerResponse) => unknown {
    const { log, clock = systemClock } = this.#options;
    const handler = this.#handler(port);
    const connections = this.#openConnections;
    const app = new H3({ silent: true });
    let arrived: Exchange | undefined;
    // Two parameters: h3 takes the answer of such a middleware as it is, 404 included, and looks for no route.
    app.use((event: H3Event, _next) => {
      const exchange = arrived;
      if (exchange === undefined || event.runtime?.node?.req !== exchange.request) throw new Error("not this request");
      const reply = handler(exchange);
      return reply instanceof Promise
        ? reply.then((ready) => toResponse(exchange, ready))
        : toResponse(exchange, reply);
    });
    const nodeHandler = toNodeHandler(app);
    const failed = (error: Error): void => log.warn({ err: error }, "connection failed while answering");
    return (request, response) => {
      const connection = connections.of(request.socket);
      if (connection.isEnding) return undefined;
      response.on("error", failed);
      try {
        arrived = new Exchange(request, response, connection, clock.now());
        request.url = "/";
        return nodeHandler(request, response);
      } catch (error) {
        log.error({ err: error }, "a request could not be handled at all");
        return response.destroy();
      }
    };
  }

  #handler(port: number): Handler {
    const { log, clock = systemClock, groups } = this.#options;
    const route = router({
      groups,
      serverAddress: this.#options.serverAddress ?? `:${port}`,
      discoveryVersions: this.#options.discoveryVersions ?? ["v2", "v2beta1"],
      ...this.#paths(),
      resources: {
        maxBodyBytes: this.#limits.maxBodyBytes,
        compressed: new WeakMap(),
        clock,
        log,
        random: this.#options.random ?? Math.random,
        draining: this.#drain.signal,
      },
    });
    const filters = filterChain({
      authenticator: this.#options.authenticator,
      authorizer: this.#options.authorizer,
      limits: this.#limits,
      clock,
      log,
      newAuditId: this.#options.newAuditId ?? randomUUID,
      observer: this.#options.observer,
      isDraining: () => this.#drain.isDraining,
      audit: this.#options.audit,
    });
    return chain(filters, route);
  }

  #paths(): { readonly paths: ReadonlyMap<string, Handler>; readonly prefixes: ReadonlyMap<string, Handler> } {
    const { log, groups, metrics, version, openApi = { title: "Kubernetes", version: "unversioned" } } = this.#options;
    const paths = new Map(healthHandlers(this.#checks(), log));
    const documents = openApiHandlers(openApi, groups);
    paths.set("/openapi/v2", documents.v2).set("/openapi/v3", documents.v3);
    if (metrics !== undefined) paths.set("/metrics", metricsHandler(metrics));
    if (version !== undefined) paths.set("/version", versionHandler(version));
    return { paths, prefixes: new Map([["/openapi/v3/", documents.v3Documents]]) };
  }

  #checks(): readonly HealthCheck[] {
    const everywhere = ["healthz", "livez", "readyz"] as const;
    const isShuttingDown = (): string | undefined => (this.#drain.isDraining ? "process is shutting down" : undefined);
    return [
      { name: "ping", endpoints: everywhere, check: () => undefined },
      { name: "log", endpoints: everywhere, check: () => undefined },
      ...(this.#options.health ?? []),
      { name: "shutdown", endpoints: ["readyz"], check: isShuttingDown },
    ];
  }
}
