/** Binds this package to the golden vectors. */
import { same, type AreaBinding, type Check, type VectorCase, type Verdict } from "@kubemetrics/conformance";
import {
  AuthenticationError,
  ConfigMapTrust,
  createDelegatingAuthenticator,
  fixedTrust,
  readIdentityHeaders,
  TokenAuthenticator,
  userOfCertificate,
  VerifiedProxy,
  withoutIdentityHeaders,
  type ConfigMapState,
  type RequestHeaderTrust,
  type TokenReviewStatus,
  type UserInfo,
} from "@kubemetrics/authentication";
import { commonName, parseCertificate, verifyChain, X509Error, type Bundle } from "@kubemetrics/x509";
import {
  bundleOf,
  bundleText,
  chainOf,
  isBadRequest,
  namesOf,
  rawHeadersOf,
  recorded,
  timeMs,
  type BundlePart,
  type HeaderLines,
  type RecordedUser,
} from "./vector-files.ts";

interface HeaderConfig {
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
  readonly allowedNames: readonly string[];
  readonly bundle: readonly BundlePart[];
}

// ---- x509-verify: the verdict, and the user that client certificate authentication derives

interface VerifyCase extends VectorCase {
  readonly chain: readonly string[];
  readonly bundle: readonly BundlePart[];
  readonly time: number;
  readonly expect: {
    readonly ok: boolean;
    readonly rootsLoaded: number;
    readonly kind?: string;
    readonly leafCN?: string;
    readonly user?: RecordedUser;
    readonly userError?: string;
  };
}

const verifyCertificates: Check = (test, file) => {
  const { chain, bundle, time, expect } = test as VerifyCase;
  const presented = chainOf(file, chain);
  const loaded = bundleOf(file, bundle);
  const wanted = {
    ok: expect.ok,
    leafCN: expect.leafCN,
    user: expect.user,
    hasUserError: expect.userError !== undefined,
    rootsLoaded: expect.kind === "parse" ? undefined : expect.rootsLoaded,
  };
  const given = {
    ok: false,
    leafCN: undefined as string | undefined,
    user: undefined as RecordedUser | undefined,
    hasUserError: false,
  };
  const rootsLoaded = expect.kind === "parse" ? undefined : (loaded?.certificates.length ?? 0);
  try {
    const parsed = presented.map((der) => parseCertificate(der));
    given.leafCN = commonName(parsed[0]!.subject);
    const { leaf } = verifyChain(presented, loaded ?? { certificates: [] }, {
      timeMs: time * 1000,
      usage: "clientAuth",
    });
    given.ok = loaded !== undefined;
    const user = userOfCertificate(leaf);
    given.user = user === undefined ? undefined : recorded(user);
  } catch (error) {
    if (error instanceof AuthenticationError) given.hasUserError = true;
    else if (!(error instanceof X509Error)) throw error;
  }
  return same(wanted, { ...given, rootsLoaded });
};

// ---- requestheader-authn: the authenticator alone

interface RequestHeaderCase extends VectorCase {
  readonly config: HeaderConfig;
  readonly tls: boolean;
  readonly chain: readonly string[];
  readonly headers: HeaderLines;
  readonly expect: {
    readonly outcome: "user" | "none" | "error" | "bad-request";
    readonly user?: RecordedUser;
    readonly error?: string;
    readonly remaining: readonly string[] | null;
  };
}

const authenticateByHeaders: Check = (test, file) => {
  const { config, tls, chain, headers, expect } = test as RequestHeaderCase;
  const isNormative = expect.error?.startsWith("x509: subject with cn=") === true;
  const wanted = {
    outcome: expect.outcome,
    user: expect.user,
    remaining: expect.remaining,
    error: isNormative ? expect.error : undefined,
  };
  const refused = (outcome: string): typeof wanted =>
    ({ outcome, user: undefined, remaining: null, error: undefined }) as typeof wanted;
  if (isBadRequest(headers)) return same(wanted, refused("bad-request"));
  const rawHeaders = rawHeadersOf(headers);
  const none = { outcome: "none", user: undefined, remaining: namesOf(rawHeaders), error: undefined };
  const authorities = bundleOf(file, config.bundle);
  if (!tls || chain.length === 0 || authorities === undefined) return same(wanted, none);
  try {
    const trust = { authorities, allowedNames: config.allowedNames };
    const proxy = VerifiedProxy.verify(chainOf(file, chain), trust, timeMs);
    const user = readIdentityHeaders(proxy, rawHeaders, config);
    if (user === undefined) return same(wanted, none);
    const remaining = namesOf(withoutIdentityHeaders(rawHeaders, config));
    return same(wanted, { outcome: "user", user: recorded(user), remaining, error: undefined });
  } catch (error) {
    if (!(error instanceof AuthenticationError) && !(error instanceof X509Error)) throw error;
    const text = isNormative ? error.message.split(";")[0] : undefined;
    return same(wanted, { ...refused("error"), error: text });
  }
};

// ---- authn-union: the whole

interface UnionCase extends VectorCase {
  readonly config: {
    readonly requestHeader: HeaderConfig | null;
    readonly clientCA: readonly BundlePart[] | null;
    readonly tokenReview: boolean;
    readonly apiAudiences: readonly string[];
  };
  readonly answers: Readonly<Record<string, { readonly httpStatus: number; readonly body: TokenReviewStatus | null }>>;
  readonly tls: boolean;
  readonly chain: readonly string[];
  readonly headers: HeaderLines;
  readonly expect: {
    readonly status: 200 | 401;
    readonly user?: RecordedUser;
    readonly remaining: readonly string[] | null;
    readonly reviewed: readonly { readonly token: string; readonly audiences: readonly string[] | null }[];
    readonly warnings: readonly string[] | null;
  };
}

const authenticateByAll: Check = async (test, file) => {
  const { config, answers, tls, chain, headers, expect } = test as UnionCase;
  const reviewed: { token: string; audiences: readonly string[] }[] = [];
  const authenticator = createDelegatingAuthenticator({
    trust: fixedTrust({
      requestHeader:
        config.requestHeader === null
          ? undefined
          : headerTrust(config.requestHeader, bundleOf(file, config.requestHeader.bundle)),
      clientAuthorities: config.clientCA === null ? undefined : bundleOf(file, config.clientCA),
    }),
    tokens: config.tokenReview
      ? {
          audiences: config.apiAudiences.length === 0 ? undefined : config.apiAudiences,
          reviewer: {
            async review(token, audiences) {
              reviewed.push({ token, audiences });
              const answer = answers[token] ?? { httpStatus: 200, body: { authenticated: false } };
              if (answer.body === null || answer.httpStatus >= 300) throw new Error(`HTTP ${answer.httpStatus}`);
              return answer.body;
            },
          },
        }
      : undefined,
    clock: () => timeMs,
  });
  const result = await authenticator.authenticate({
    peerChain: tls ? chainOf(file, chain) : [],
    rawHeaders: rawHeadersOf(headers),
  });
  const isIn = result.kind === "authenticated";
  return same(
    {
      status: expect.status,
      user: expect.user,
      remaining: expect.remaining,
      reviewed: expect.reviewed.map(({ token, audiences }) => ({ token, audiences: audiences ?? [] })),
      warnings: expect.warnings ?? [],
    },
    {
      status: isIn ? 200 : 401,
      user: isIn ? recorded(result.user) : undefined,
      remaining: isIn ? namesOf(result.headers) : null,
      reviewed,
      warnings: result.warnings ?? [],
    },
  );
};

function headerTrust(config: HeaderConfig, authorities: Bundle | undefined): RequestHeaderTrust {
  const { usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes, allowedNames } = config;
  return { usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes, allowedNames, authorities };
}

// ---- authn-configmap

type MapData = Readonly<Record<string, string | { readonly bundle: readonly BundlePart[] }>> | null;

interface ConfigMapCase extends VectorCase {
  readonly steps?: readonly {
    readonly data: MapData;
    readonly startError: string;
    readonly after: Readonly<Record<keyof Omit<HeaderConfig, "bundle">, readonly string[] | null>> & {
      readonly requestHeaderCA: readonly string[] | null;
      readonly clientCA: readonly string[] | null;
    };
  }[];
  readonly read?: string;
  readonly fails?: boolean;
}

/** Starts a reader at each state, keeps one running through all of them. */
const followConfigMap: Check = (test, file) => {
  const { steps = [], read, fails } = test as ConfigMapCase;
  if (read !== undefined) return same(fails, problemAtStart(startState(read)) !== undefined);
  let tell: (state: ConfigMapState) => void = () => undefined;
  const running = trustOn((listener) => {
    tell = listener;
  });
  tell({ kind: "absent" });
  for (const [index, step] of steps.entries()) {
    const state = stateOf(step.data);
    tell(state);
    const { requestHeader, clientAuthorities } = running.current();
    const given = {
      usernameHeaders: requestHeader?.usernameHeaders ?? [],
      uidHeaders: requestHeader?.uidHeaders ?? [],
      groupHeaders: requestHeader?.groupHeaders ?? [],
      extraHeaderPrefixes: requestHeader?.extraHeaderPrefixes ?? [],
      allowedNames: requestHeader?.allowedNames ?? [],
      requestHeaderCA: ids(requestHeader?.authorities),
      clientCA: ids(clientAuthorities),
      startFails: problemAtStart(state) !== undefined,
    };
    const { after } = step;
    const wanted = {
      usernameHeaders: after.usernameHeaders ?? [],
      uidHeaders: after.uidHeaders ?? [],
      groupHeaders: after.groupHeaders ?? [],
      extraHeaderPrefixes: after.extraHeaderPrefixes ?? [],
      allowedNames: after.allowedNames ?? [],
      requestHeaderCA: after.requestHeaderCA,
      clientCA: after.clientCA,
      startFails: step.startError !== "",
    };
    const verdict = same(wanted, given);
    if (verdict !== undefined) return { expected: { index, ...wanted }, actual: { index, ...given } };
  }
  return undefined;

  function stateOf(data: MapData): ConfigMapState {
    if (data === null) return { kind: "absent" };
    const entries = Object.entries(data).map(
      ([key, value]) => [key, typeof value === "string" ? value : bundleText(file, value.bundle)] as const,
    );
    return { kind: "present", data: Object.fromEntries(entries) };
  }

  function ids(bundle: Bundle | undefined): readonly string[] | null {
    if (bundle === undefined) return null;
    const names = new Map(
      Object.keys(file["certs"] as object).map((id) => [Buffer.from(chainOf(file, [id])[0]!).toString("hex"), id]),
    );
    return bundle.certificates.map(({ der }) => names.get(Buffer.from(der).toString("hex")) ?? "unknown");
  }
};

function trustOn(subscribed: (listener: (state: ConfigMapState) => void) => void): ConfigMapTrust {
  const source = {
    subscribe(listener: (state: ConfigMapState) => void) {
      subscribed(listener);
      return () => undefined;
    },
  };
  return new ConfigMapTrust({ source, onNotice: () => undefined, clock: () => timeMs });
}

function problemAtStart(state: ConfigMapState): string | undefined {
  return trustOn((listener) => listener(state)).problem;
}

function startState(reason: string): ConfigMapState {
  if (reason === "NotFound") return { kind: "absent" };
  return { kind: reason === "Forbidden" ? "forbidden" : "failed", message: reason };
}

// ---- token-review

interface ReviewAnswer {
  readonly status: number;
  readonly body: string;
}

interface TokenUser {
  readonly name?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface TokenCase extends VectorCase {
  readonly answer: ReviewAnswer;
  readonly token: string;
  readonly wantAudiences: readonly string[] | null;
  readonly implicitAudiences: readonly string[] | null;
  readonly authenticated: boolean;
  readonly user?: TokenUser;
  readonly audiences?: readonly string[] | null;
  readonly err?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly headersLeft: readonly (readonly [string, string])[] | null;
  readonly http: { readonly status: number };
}

/** How a client of kube-apiserver hands an answer over: the status, or an error. */
function statusOf(answer: ReviewAnswer): TokenReviewStatus {
  if (answer.status >= 300) throw new Error(`HTTP ${answer.status}: ${answer.body}`);
  const review = JSON.parse(answer.body) as { status?: TokenReviewStatus };
  return review.status ?? {};
}

const reviewToken: Check = async (test) => {
  const { answer, token, wantAudiences, implicitAudiences, ...expected } = test as TokenCase;
  const tokens = new TokenAuthenticator({
    reviewer: { review: async () => statusOf(answer) },
    audiences: wantAudiences ?? undefined,
    implicitAudiences: implicitAudiences ?? [],
  });
  const given = await tokens.lookup(token);
  const isUser = given.kind === "user";
  return same(
    {
      authenticated: expected.authenticated,
      user: expected.authenticated ? comparable(expected.user ?? {}) : undefined,
      audiences: expected.authenticated ? (expected.audiences ?? []).toSorted() : undefined,
      hasError: expected.err !== undefined,
    },
    {
      authenticated: isUser,
      user: isUser ? withoutAddedGroup(given.user) : undefined,
      audiences: isUser ? given.audiences.toSorted() : undefined,
      hasError: given.kind === "failed",
    },
  );
};

/** The group is added one layer further out upstream. */
function withoutAddedGroup(user: UserInfo): unknown {
  return comparable({
    name: user.name,
    uid: user.uid,
    groups: user.groups.filter((group) => group !== "system:authenticated"),
    extra: Object.fromEntries(user.extra),
  });
}

function comparable(user: TokenUser): unknown {
  return { name: user.name ?? "", uid: user.uid ?? "", groups: user.groups ?? [], extra: { ...user.extra } };
}

const watched = /^(?:authorization|sec-websocket-protocol|x-remote-(?:user|group|uid|extra-a)|x-other)$/i;

const authenticateByToken: Check = async (test, file): Promise<Verdict> => {
  const { headers, headersLeft, http, user } = test as TokenCase;
  const answers = file["chainAnswers"] as Record<string, ReviewAnswer>;
  const authenticator = createDelegatingAuthenticator({
    trust: fixedTrust({}),
    tokens: { reviewer: { review: async (token) => statusOf(answers[token] ?? answers["bad"]!) } },
  });
  const result = await authenticator.authenticate({ peerChain: [], rawHeaders: rawHeadersOf(headers) });
  const isIn = result.kind === "authenticated";
  const left = isIn ? pairs(result.headers).filter(([name]) => watched.test(name)) : [];
  const spelled = (lines: readonly (readonly [string, string])[]): string[] =>
    lines.map(([name, value]) => `${name.toLowerCase()}: ${value}`);
  return same(
    {
      isIn: http.status === 204,
      user: http.status === 204 ? comparable(user ?? {}) : undefined,
      left: spelled(headersLeft ?? []),
    },
    {
      isIn,
      user: isIn ? comparable({ ...result.user, extra: Object.fromEntries(result.user.extra) }) : undefined,
      left: spelled(left),
    },
  );
};

function pairs(rawHeaders: readonly string[]): (readonly [string, string])[] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] as const] : []));
}

export const areas: readonly AreaBinding[] = [
  { area: "x509-verify", check: verifyCertificates },
  { area: "requestheader-authn", check: authenticateByHeaders },
  { area: "authn-union", check: authenticateByAll },
  { area: "authn-configmap", check: followConfigMap },
  { area: "token-review", covers: ({ kind }) => kind === "review", check: reviewToken },
  { area: "token-review", covers: ({ kind }) => kind === "chain", check: authenticateByToken },
];
