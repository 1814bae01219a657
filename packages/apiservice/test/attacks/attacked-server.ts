/**
 * What the attack list runs against: the real framework over TLS with the real delegating authenticator and authorizer. Only
 * kube-apiserver is played: it answers reviews as a test says.
 */
import {
  createDelegatingAuthenticator,
  type AuthenticationResult,
  type Authenticator,
  type RequestHeaderTrust,
  type TokenReviewStatus,
  type Trust,
} from "@kubemetrics/authentication";
import {
  delegatedAuthorizer,
  type SubjectAccessReviewSpec,
  type SubjectAccessReviewStatus,
} from "@kubemetrics/authorization";
import type { ExtensionServerOptions, ResourceDefinition, ResourceRequest } from "@kubemetrics/apiservice";
import { issueAuthority, issueClient, parseBundle, type KeyPair, type LeafOptions } from "@kubemetrics/x509";
import {
  ask,
  ManualClock,
  RawClient,
  startServer,
  type Answer,
  type AskOptions,
  type TestServer,
} from "../test-server.ts";
import { jsonAnswer, thingsGroup } from "../things.ts";

export const start: number = new ManualClock().ms;
const clock = (): number => start;

export const proxyCa: KeyPair = issueAuthority({ commonName: "front-proxy-ca", clock });
export const userCa: KeyPair = issueAuthority({ commonName: "cluster-ca", clock });
export const proxy: KeyPair = client(proxyCa, "front-proxy-client");
export const bob: KeyPair = client(userCa, "bob", { organizations: ["devs"] });

export function client(ca: KeyPair, commonName: string, options: Partial<LeafOptions> = {}): KeyPair {
  return issueClient(ca, { commonName, clock, ...options });
}

/** A leaf that is presented together with what issued it. */
export function presenting(leaf: KeyPair, ...issuers: readonly KeyPair[]): KeyPair {
  const certificatePem = [leaf, ...issuers].map((pair) => pair.certificatePem).join("");
  return { certificatePem, keyPem: leaf.keyPem };
}

export function bundle(...authorities: readonly KeyPair[]): ReturnType<typeof parseBundle> {
  return parseBundle(authorities.map(({ certificatePem }) => certificatePem).join(""));
}

export const requestHeader: RequestHeaderTrust = {
  authorities: bundle(proxyCa),
  allowedNames: ["front-proxy-client"],
  usernameHeaders: ["X-Remote-User"],
  uidHeaders: [],
  groupHeaders: ["X-Remote-Group"],
  extraHeaderPrefixes: ["X-Remote-Extra-"],
};

export const usualTrust: Trust = { requestHeader, clientAuthorities: bundle(userCa) };

export const thing = "/apis/g.io/v1/namespaces/n/things/t";
export const things = "/apis/g.io/v1/namespaces/n/things";

export const asAdmin: readonly (readonly [string, string])[] = [
  ["X-Remote-User", "admin"],
  ["X-Remote-Group", "ops"],
];

/** What a handler saw of a request: the whole of what any code behind the framework can know about the caller. */
export interface Handled {
  readonly user: string;
  readonly groups: readonly string[];
  readonly extra: readonly (readonly [string, readonly string[]])[];
  readonly headers: readonly string[];
}

export interface AttackedServerOptions extends Partial<ExtensionServerOptions> {
  readonly resource?: Partial<ResourceDefinition>;
  /** How long TokenReviews may take; by the manual clock. */
  readonly lookupTimeoutMs?: number;
}

export class AttackedServer implements AsyncDisposable {
  readonly clock = new ManualClock();
  /** What is trusted now; assign for a rotation. */
  trust: Trust = usualTrust;
  /** How kube-apiserver answers. */
  tokenReview: (token: string) => Promise<TokenReviewStatus> = async () => ({ authenticated: false });
  accessReview: (spec: SubjectAccessReviewSpec) => Promise<SubjectAccessReviewStatus> = async () => ({ allowed: true });
  readonly handled: Handled[] = [];
  /** Why requests were refused: a test of a refusal looks at the reason, so that it does not pass by accident. */
  readonly refusals: string[] = [];
  readonly accessReviews: SubjectAccessReviewSpec[] = [];
  #running: TestServer | undefined;

  static async start(options: AttackedServerOptions = {}): Promise<AttackedServer> {
    const server = new AttackedServer();
    const { resource, lookupTimeoutMs, ...rest } = options;
    const get = (request: ResourceRequest): ReturnType<typeof jsonAnswer> => server.#handle(request);
    server.#running = await startServer({
      groups: [thingsGroup({ get, list: get, ...resource })],
      authenticator: server.#authenticator(lookupTimeoutMs),
      authorizer: delegatedAuthorizer({
        accessReview: { reviewer: { review: (spec) => server.#review(spec) }, clock: server.clock },
      }),
      clock: server.clock,
      ...rest,
    });
    return server;
  }

  get port(): number {
    return this.#started.port;
  }

  get running(): TestServer["server"] {
    return this.#started.server;
  }

  get log(): TestServer["log"] {
    return this.#started.log;
  }

  ask(target: string, options: AskOptions = {}): Promise<Answer> {
    return ask(this.port, target, options);
  }

  connect(pair?: KeyPair): Promise<RawClient> {
    return RawClient.connect(this.port, pair);
  }

  /** Whom a handler takes the caller for, `name group,group`; the status when no handler was reached. */
  async caller(pair: KeyPair | undefined, headers: AskOptions["headers"] = asAdmin): Promise<string> {
    return callerOf(await this.ask(thing, { headers, ...(pair === undefined ? {} : { client: pair }) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started[Symbol.asyncDispose]();
  }

  get #started(): TestServer {
    if (this.#running === undefined) throw new Error("not started");
    return this.#running;
  }

  #authenticator(lookupTimeoutMs: number | undefined): Authenticator {
    const real = createDelegatingAuthenticator({
      trust: { current: () => this.trust },
      clock: () => this.clock.now(),
      tokens: {
        reviewer: { review: (token) => this.tokenReview(token) },
        ...(lookupTimeoutMs === undefined ? {} : { lookupTimeoutMs }),
        after: (run, ms) => this.clock.after(ms, run),
      },
    });
    const noted = (result: AuthenticationResult): AuthenticationResult => {
      if (result.kind === "refused") this.refusals.push(result.reason);
      return result;
    };
    return {
      authenticate(request) {
        const result = real.authenticate(request);
        return result instanceof Promise ? result.then(noted) : noted(result);
      },
    };
  }

  #handle({ user, headers }: ResourceRequest): ReturnType<typeof jsonAnswer> {
    const handled = { user: user.name, groups: user.groups, extra: [...user.extra], headers };
    this.handled.push(handled);
    return jsonAnswer(handled);
  }

  #review(spec: SubjectAccessReviewSpec): Promise<SubjectAccessReviewStatus> {
    this.accessReviews.push(spec);
    return this.accessReview(spec);
  }
}

export function callerOf(answer: Answer | undefined): string {
  if (answer?.status !== 200) return String(answer?.status ?? "closed");
  const { user, groups } = JSON.parse(answer.text) as Handled;
  return `${user} ${groups.join(",")}`;
}

/** The same question again over a connection that is open. */
export async function callerOver(connection: RawClient, headers = asAdmin): Promise<string> {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  connection.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\n${lines}\r\n`);
  return callerOf(await connection.answer());
}
