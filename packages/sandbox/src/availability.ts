/**
 * Decides whether APIServices are available and writes it into their status.
 *
 * @see kube-aggregator `pkg/controllers/status/remote/remote_available_controller.go`
 */
import { formatTime } from "@kubemetrics/apimachinery";
import { availableCondition, readApiService, type ApiService, type ServiceReference } from "./api-service.ts";
import { userHeaders } from "./backend-client.ts";
import type { BackendClients } from "./backend-clients.ts";
import { textAt } from "./json-path.ts";
import type { Json, KubeObject } from "./kube-object.ts";
import type { ObjectStore } from "./object-store.ts";
import { apiServices, endpointSlices, services } from "./resource-type.ts";
import { RetryQueue } from "./retry-queue.ts";
import { readyEndpoints, resolveEndpoint, servicePortName, slicesOf } from "./service-resolver.ts";
import { discard } from "./proxy.ts";
import type { User } from "./user.ts";

export interface AvailabilityOptions {
  readonly store: ObjectStore;
  readonly backends: BackendClients;
  readonly clock: () => number;
  readonly probeMs: number;
  readonly probeTimeoutMs: number;
  readonly log: (message: string) => void;
}

interface Verdict {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

/** As whom the aggregator asks extension servers for their health. */
const prober: User = { name: "system:kube-aggregator", uid: "", groups: ["system:masters"], extra: new Map() };
const attempts = 5;

export class AvailabilityController {
  readonly #options: AvailabilityOptions;
  readonly #queue: RetryQueue;
  readonly #subscriptions: readonly (() => void)[];

  constructor(options: AvailabilityOptions) {
    this.#options = options;
    const { store, probeMs } = options;
    this.#queue = new RetryQueue({
      work: (name) => this.#sync(name),
      repeatMs: probeMs,
      firstRetryMs: 5,
      lastRetryMs: 30_000,
    });
    const checkServers = ({ namespace = "", name }: { namespace?: string; name: string }): void => {
      for (const object of store.list(apiServices)) {
        const service = readApiService(object).service;
        if (service?.namespace === namespace && service.name === name) this.#queue.add(object.metadata.name);
      }
    };
    this.#subscriptions = [
      store.subscribe(apiServices, ({ type, object, previous }) => {
        const isOwnWrite = type === "MODIFIED" && JSON.stringify(object["spec"]) === JSON.stringify(previous?.["spec"]);
        if (!isOwnWrite) this.#queue.add(object.metadata.name);
      }),
      store.subscribe(services, ({ object }) => checkServers(object.metadata)),
      store.subscribe(endpointSlices, ({ object }) => {
        const name = object.metadata.labels?.["kubernetes.io/service-name"] ?? "";
        checkServers({ namespace: object.metadata.namespace ?? "", name });
      }),
    ];
  }

  close(): void {
    for (const end of this.#subscriptions) end();
    this.#queue.close();
  }

  async #sync(name: string): Promise<"done" | "gone" | "retry"> {
    const { store, log } = this.#options;
    const object = store.find(apiServices, "", name);
    const apiService = object && readApiService(object);
    if (apiService?.service === undefined) return "gone";
    const verdict = await this.#judge(apiService, apiService.service);
    this.#write(name, verdict);
    if (verdict.reason !== "FailedDiscoveryCheck") return "done";
    log(`${name} failed with: ${verdict.message}`);
    return "retry";
  }

  async #judge(apiService: ApiService, service: ServiceReference): Promise<Verdict> {
    const where = `service/${service.name} in "${service.namespace}"`;
    const { store } = this.#options;
    const object = store.find(services, service.namespace, service.name);
    if (object === undefined) return unavailable("ServiceNotFound", `${where} is not present`);
    if (textAt(object, "spec", "type") === "ClusterIP") {
      const portName = servicePortName(object, service.port);
      if (portName === undefined)
        return unavailable("ServicePortError", `${where} is not listening on port ${service.port}`);
      const slices = slicesOf(store, service);
      if (slices.length === 0) return unavailable("EndpointsNotFound", `cannot find endpointslices for ${where}`);
      if (!slices.some((slice) => readyEndpoints(slice, portName).length > 0)) {
        return unavailable(
          "MissingEndpoints",
          `endpointslices for ${where} have no addresses with port name "${portName}"`,
        );
      }
    }
    const probes = Array.from({ length: attempts }, () => this.#probe(apiService, service));
    try {
      await Promise.any(probes);
      return { status: "True", reason: "Passed", message: "all checks passed" };
    } catch (error) {
      // Idle connections may lead to a server that is no longer there.
      this.#options.backends.forget(apiService.name);
      const errors = error instanceof AggregateError ? (error.errors as readonly Error[]) : [error as Error];
      return unavailable("FailedDiscoveryCheck", errors.at(-1)?.message ?? "");
    }
  }

  async #probe(apiService: ApiService, service: ServiceReference): Promise<void> {
    const endpoint = resolveEndpoint(this.#options.store, service);
    const path =
      apiService.group === "" ? `/api/${apiService.version}` : `/apis/${apiService.group}/${apiService.version}`;
    const url = `https://${endpoint.host}:${endpoint.port}${path}`;
    const signal = AbortSignal.timeout(this.#options.probeTimeoutMs);
    let code: number;
    try {
      const client = this.#options.backends.for(apiService, service);
      const answer = await client.send({
        endpoint,
        method: "GET",
        target: path,
        signal,
        headers: { "User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip", ...userHeaders(prober) },
      });
      code = answer.statusCode ?? 0;
      discard(answer);
    } catch (error) {
      const reason = signal.aborted
        ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        : (error as Error).message;
      throw new Error(`failing or missing response from ${url}: Get "${url}": ${reason}`, { cause: error });
    }
    if (code < 200 || code > 299) {
      throw new Error(`failing or missing response from ${url}: bad status from ${url}: ${code}`);
    }
  }

  #write(name: string, verdict: Verdict): void {
    const { store, clock } = this.#options;
    const object = store.find(apiServices, "", name);
    if (object === undefined) return;
    const before = availableCondition(object);
    const isTransition = textAt(before, "status") !== verdict.status;
    const now = formatTime(clock());
    const condition: Json = {
      type: "Available",
      status: verdict.status,
      lastTransitionTime: isTransition ? now : textAt(before, "lastTransitionTime"),
      reason: verdict.reason,
      message: verdict.message,
    };
    const updated: KubeObject = { ...object, status: { conditions: [condition] } };
    store.update(apiServices, updated);
  }
}

function unavailable(reason: string, message: string): Verdict {
  return { status: "False", reason, message };
}
