/** A server that is believed by kube-aggregator without anybody handing out certificates. */
import type { KeyPair } from "@kubemetrics/x509";
import {
  beginOf,
  endOf,
  issueServiceAuthority,
  issueServiceCertificate,
  type ServiceName,
} from "./api-service-certificate.ts";
import type { ApiServiceClient } from "./api-service-client.ts";
import { trustAuthorities, type ApiServiceState } from "./api-service-trust.ts";
import { elapsedMs, systemClock, type Clock } from "./clock.ts";
import type { HealthCheck } from "./health.ts";
import type { Log, ServingPair } from "./server-options.ts";

export interface ApiServiceRegistrationOptions {
  /** The server's own Service; the certificate is for `<name>.<namespace>.svc`. */
  readonly service: ServiceName;
  /** Names of the APIServices that point to it: `["v1.metrics.k8s.io"]`. Others are never read or written. */
  readonly apiServices: readonly string[];
  /** Needs `get` and `patch` on these names alone. */
  readonly client: ApiServiceClient;
  readonly clock?: Clock;
  readonly log: Log;
  /** Of an authority; it is followed by a new one when a third is left, or when it is not valid yet. Default 365 days. */
  readonly authorityLifetimeMs?: number;
  /** Of a serving certificate; renewed when a third is left, or when it is not valid yet. Default 90 days. */
  readonly certificateLifetimeMs?: number;
  /** Between two looks at the APIServices. Default one minute. */
  readonly everyMs?: number;
  /** The same while an APIService is missing, cannot be read or cannot be written. Default 5 s. */
  readonly retryMs?: number;
  /** How long every kube-apiserver may take to notice a new bundle before anybody relies on it. Default 5 s. */
  readonly settleMs?: number;
}

interface Known {
  readonly state: ApiServiceState;
  /** Since when its bundle has all present authorities, by the clock that nobody sets; kept while it cannot be read. */
  readonly trustedSinceMs: number | undefined;
}

const dayMs = 24 * 3_600_000;

/**
 * Issues the serving certificate, and tells kube-aggregator to trust it: the authority goes into the `caBundle` of the
 * server's own APIServices before any certificate of it is served, so `insecureSkipTLSVerify` is never needed and no
 * request fails while certificates change.
 *
 * ```ts
 * const registration = new ApiServiceRegistration({ service, apiServices: ["v1alpha1.wardle.example.com"], client, log });
 * const server = createExtensionServer({ tls: registration.pair, health: [registration.health], … });
 * await server.listen(6443);
 * registration.start((pair) => server.replaceCertificate(pair));
 * ```
 *
 * Keys live in memory only. Each replica has its own authority; bundles hold those of all replicas.
 */
export class ApiServiceRegistration {
  readonly #options: Required<ApiServiceRegistrationOptions>;
  readonly #known = new Map<string, Known>();
  #authority: KeyPair;
  /** Published, and not yet in use. */
  #next: KeyPair | undefined;
  #pair: ServingPair;
  #use: (pair: ServingPair) => void = () => undefined;
  #pass: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  /** When the last pass ended and when the next one begins, by the clock that nobody sets. */
  #passedMs = -Infinity;
  #dueMs = -Infinity;
  /** A client refused the certificate while a pass was running that may have looked before. */
  #isSuspected = false;
  #wasReady = false;
  /** Why the last pair could not be served; `""` when it could. */
  #unserved = "";
  #isClosed = false;

  constructor(options: ApiServiceRegistrationOptions) {
    this.#options = {
      clock: systemClock,
      authorityLifetimeMs: 365 * dayMs,
      certificateLifetimeMs: 90 * dayMs,
      everyMs: 60_000,
      retryMs: 5_000,
      settleMs: 5_000,
      ...options,
    };
    this.#authority = this.#newAuthority();
    this.#pair = this.#newPair(this.#authority);
  }

  /** What to serve with now. */
  get pair(): ServingPair {
    return this.#pair;
  }

  /** PEM of the authority of `pair`, for callers that come without the aggregator. */
  get authorityPem(): string {
    return this.#authority.certificatePem;
  }

  /** Not ready until every APIService of this server trusts its certificate. Those that are left alone do not count. */
  get health(): HealthCheck {
    return { name: "apiservice-registration", endpoints: ["readyz"], check: () => this.#problem() };
  }

  /**
   * Starts to publish and to renew; `use` gets every later pair, when it can be served.
   *
   * @param use - may throw, as `replaceCertificate` does: the pair before stays `pair`, and the next look brings another
   */
  start(use: (pair: ServingPair) => void): void {
    this.#use = use;
    void this.sync();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  /** Looks at everything once, now. Also what `start` repeats. Never rejects. */
  sync(): Promise<void> {
    this.#pass ??= this.#syncOnce().finally(() => {
      this.#pass = undefined;
      this.#passedMs = this.#elapsedMs();
      this.#schedule();
    });
    return this.#pass;
  }

  /**
   * Tells that a client did not trust the certificate: the APIServices are looked at soon, one `retryMs` after the last look at the
   * earliest, however often this is called.
   */
  suspect(): void {
    if (this.#pass !== undefined) {
      this.#isSuspected = true;
      return;
    }
    if (this.#isClosed || this.#cancel === undefined) return;
    const soonMs = this.#passedMs + this.#options.retryMs;
    if (soonMs < this.#dueMs) this.#scheduleIn(Math.max(0, soonMs - this.#elapsedMs()));
  }

  async #syncOnce(): Promise<void> {
    const { authorityLifetimeMs, certificateLifetimeMs, apiServices } = this.#options;
    // Ready before this pass counts, even if no probe asked in between.
    this.#problem();
    if (this.#isDue(this.#next ?? this.#authority, authorityLifetimeMs)) this.#next = this.#newAuthority();
    const own = [this.#authority, this.#next].flatMap((authority) => authority?.certificatePem ?? []);
    await Promise.all(apiServices.map((name) => this.#publish(name, own)));
    if (this.#isClosed) return;
    const isUseless = this.#isExpired(this.#authority) || this.#isEarly(this.#authority);
    if (this.#next !== undefined && (isUseless || apiServices.every((name) => this.#isSettled(name)))) {
      this.#serve(this.#next, "serving with a new authority");
    } else if (this.#isDue(this.#pair, certificateLifetimeMs) && this.#canRenew()) {
      this.#serve(this.#authority, "serving with a renewed certificate");
    }
  }

  async #publish(name: string, own: readonly string[]): Promise<void> {
    const { client, service, clock } = this.#options;
    const before = this.#known.get(name);
    const state = await trustAuthorities(client, service, name, own, clock.now());
    const since = trustedSince(state, before, this.#elapsedMs());
    this.#known.set(name, { state, trustedSinceMs: since });
    this.#report(name, state, before?.state);
  }

  /** Once for each change. */
  #report(name: string, state: ApiServiceState, before: ApiServiceState | undefined): void {
    const { log } = this.#options;
    if (state.kind === "trusted") {
      if (state.isPatched) log.info({ apiService: name }, "the APIService trusts this server's authority");
      return;
    }
    const isSaid = before !== undefined && before.kind !== "trusted" && before.message === state.message;
    if (isSaid) return;
    if (state.kind === "absent" || state.kind === "foreign") log.info({ apiService: name }, state.message);
    else log.warn({ apiService: name }, state.message);
  }

  /** Issues a pair and takes it into use. Everything stays as it is when it cannot be served: the next look issues another. */
  #serve(authority: KeyPair, message: string): void {
    const pair = this.#newPair(authority);
    try {
      this.#use(pair);
    } catch (error) {
      this.#reportUnserved(error);
      return;
    }
    this.#unserved = "";
    this.#pair = pair;
    this.#authority = authority;
    if (authority === this.#next) this.#next = undefined;
    this.#options.log.info({ notAfter: new Date(endOf(pair)).toISOString() }, message);
  }

  /** Once for each reason. */
  #reportUnserved(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === this.#unserved) return;
    this.#unserved = reason;
    const until = new Date(endOf(this.#pair)).toISOString();
    this.#options.log.error(
      { err: error },
      `the certificate that was issued cannot be served: ${reason}; the one before stays, until ${until}, and each look tries another: if that goes on, restart the server`,
    );
  }

  /** Whether nobody is left who could refuse a certificate of the published authorities. */
  #isSettled(name: string): boolean {
    const known = this.#known.get(name);
    if (known === undefined || known.state.kind === "unknown" || known.state.kind === "refused") return false;
    if (known.state.kind !== "trusted") return true;
    return this.#elapsedMs() - (known.trustedSinceMs ?? Infinity) >= this.#options.settleMs;
  }

  /** Once ready, always ready: the pair in use stays trusted while later ones are published. */
  #problem(): string | undefined {
    if (this.#wasReady) return undefined;
    const problems = this.#options.apiServices.flatMap((name) => {
      if (this.#isSettled(name)) return [];
      const state = this.#known.get(name)?.state;
      if (state === undefined) return [`APIService ${name} was not looked at yet`];
      return [state.kind === "trusted" ? `the caBundle of APIService ${name} was changed a moment ago` : state.message];
    });
    this.#wasReady = problems.length === 0;
    return this.#wasReady ? undefined : problems.join("; ");
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const { apiServices, everyMs, retryMs, settleMs } = this.#options;
    const states = apiServices.map((name) => this.#known.get(name)?.state.kind);
    const isOpen = this.#isSuspected || states.some((kind) => kind !== "trusted" && kind !== "foreign");
    this.#isSuspected = false;
    this.#scheduleIn(this.#next !== undefined ? settleMs : isOpen ? retryMs : everyMs);
  }

  #scheduleIn(delayMs: number): void {
    this.#dueMs = this.#elapsedMs() + delayMs;
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(delayMs, () => void this.sync());
  }

  #elapsedMs(): number {
    return elapsedMs(this.#options.clock);
  }

  #isDue(pair: ServingPair, lifetimeMs: number): boolean {
    return this.#isEarly(pair) || endOf(pair) - this.#options.clock.now() < lifetimeMs / 3;
  }

  #isExpired(pair: ServingPair): boolean {
    return endOf(pair) <= this.#options.clock.now();
  }

  /** Not valid yet: the machine's clock was ahead when it was issued, and is right now. Nobody accepts it until then. */
  #isEarly(pair: ServingPair): boolean {
    return this.#options.clock.now() < beginOf(pair);
  }

  /** Whether the authority in use can issue a better pair. */
  #canRenew(): boolean {
    return this.#isEarly(this.#pair) || endOf(this.#pair) < endOf(this.#authority);
  }

  #newAuthority(): KeyPair {
    return issueServiceAuthority(this.#options.clock.now(), this.#options.authorityLifetimeMs);
  }

  #newPair(authority: KeyPair): ServingPair {
    const { service, clock, certificateLifetimeMs } = this.#options;
    return issueServiceCertificate(authority, service, clock.now(), certificateLifetimeMs);
  }
}

function trustedSince(state: ApiServiceState, before: Known | undefined, nowMs: number): number | undefined {
  if (state.kind === "trusted") return state.isPatched ? nowMs : (before?.trustedSinceMs ?? nowMs);
  return state.kind === "unknown" ? before?.trustedSinceMs : undefined;
}
