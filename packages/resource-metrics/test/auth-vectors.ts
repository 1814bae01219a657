/**
 * http-auth-transcripts.json: the same server with authentication and authorization on. Certificates, headers and
 * tokens go over a real handshake; the reviews it asks for are compared byte for byte, with what the client got.
 */
import { createPrivateKey } from "node:crypto";
import { goJson } from "@kubemetrics/apimachinery";
import { createDelegatingAuthenticator, fixedTrust, type TokenReviewStatus } from "@kubemetrics/authentication";
import {
  delegatedAuthorizer,
  type SubjectAccessReviewSpec,
  type SubjectAccessReviewStatus,
} from "@kubemetrics/authorization";
import {
  type AreaBinding,
  type Deviation,
  same,
  type VectorCase,
  type VectorFile,
  type Verdict,
} from "@kubemetrics/conformance";
import { parseBundle } from "@kubemetrics/x509";
import { type ClientPair, LiveServer, type RawAnswer, type RawRequest } from "./live-server.ts";
import { type Fixture, fixtureGroup, fixtureHealth, type Recorded, shown } from "./transcript-fixture.ts";
import { comparePods, showsPartialPod } from "./transcript-pods.ts";

interface Review {
  readonly path: string;
  readonly body: string;
}

interface AuthCase extends VectorCase {
  readonly setup: string;
  readonly req: RawRequest & { readonly clientCertificate: string };
  readonly res: Recorded;
  readonly reviews: readonly Review[];
}

interface Setup {
  readonly name: string;
  readonly clientCA: string;
  readonly requestheaderClientCA: string;
  readonly requestheaderAllowedNames: readonly string[];
  readonly requestheaderUsernameHeaders: readonly string[];
  readonly requestheaderUidHeaders: readonly string[];
  readonly requestheaderGroupHeaders: readonly string[];
  readonly requestheaderExtraHeadersPrefix: readonly string[];
}

// The server

async function startServer(setup: Setup, file: VectorFile, reviews: Review[]): Promise<LiveServer> {
  const clock = Date.now;
  const tokens = file["tokens"] as Readonly<Record<string, TokenReviewStatus>>;
  const trust = fixedTrust({
    clientAuthorities: parseBundle(setup.clientCA),
    requestHeader: {
      authorities: parseBundle(setup.requestheaderClientCA),
      allowedNames: setup.requestheaderAllowedNames,
      usernameHeaders: setup.requestheaderUsernameHeaders,
      uidHeaders: setup.requestheaderUidHeaders,
      groupHeaders: setup.requestheaderGroupHeaders,
      extraHeaderPrefixes: setup.requestheaderExtraHeadersPrefix,
    },
  });
  return LiveServer.start(fixtureGroup(file["fixture"] as Fixture), {
    authenticator: createDelegatingAuthenticator({
      trust,
      clock,
      tokens: {
        cacheTtlMs: 0,
        reviewer: {
          review: async (token) => {
            const body = `${reviewHead("TokenReview", "authentication")}${goJson({ token })},"status":{"user":{}}}\n`;
            reviews.push({ path: "/apis/authentication.k8s.io/v1/tokenreviews", body });
            return tokens[token] ?? { authenticated: false };
          },
        },
      },
    }),
    authorizer: delegatedAuthorizer({
      accessReview: {
        clock: { now: clock },
        allowedTtlMs: 0,
        refusedTtlMs: 0,
        reviewer: {
          review: async (spec) => {
            const body = `${reviewHead("SubjectAccessReview", "authorization")}${goJson(spec)},"status":{"allowed":false}}\n`;
            reviews.push({ path: "/apis/authorization.k8s.io/v1/subjectaccessreviews", body });
            return accessOf(spec);
          },
        },
      },
    }),
    health: fixtureHealth,
    metrics: () => ({ contentType: "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", body: "# EOF\n" }),
    version,
  });
}

function reviewHead(kind: string, group: string): string {
  return `{"kind":"${kind}","apiVersion":"${group}.k8s.io/v1","metadata":{},"spec":`;
}

/** The rules in the file's own `authorization`. */
function accessOf({
  user,
  resourceAttributes,
  nonResourceAttributes,
}: SubjectAccessReviewSpec): SubjectAccessReviewStatus {
  if (user === "system:serviceaccount:kube-system:horizontal-pod-autoscaler" || user === "system:kube-aggregator") {
    return { allowed: true, reason: "rule 1" };
  }
  if (user === "alice" && resourceAttributes?.resource === "nodes") return { allowed: true };
  if (user === "mallory") return { allowed: false, denied: true, reason: "banned <b>" };
  if (user === "unlucky") {
    throw new Error(
      'an error on the server ("unknown") has prevented the request from succeeding (post subjectaccessreviews.authorization.k8s.io)',
    );
  }
  return nonResourceAttributes?.path === "/version" ? { allowed: true, reason: "rule 2" } : { allowed: false };
}

const version = {
  major: "0",
  minor: "9",
  gitVersion: "v0.0.0",
  gitCommit: "",
  gitTreeState: "",
  buildDate: "",
  goVersion: "",
  compiler: "",
  platform: "",
};

// The clients

function clientPairs(file: VectorFile): ReadonlyMap<string, ClientPair> {
  const clients = file["clients"] as Readonly<Record<string, { certificate: string; ed25519Seed: string }>>;
  return new Map(
    Object.entries(clients).map(([name, { certificate, ed25519Seed }]) => {
      const der = Buffer.from(`302e020100300506032b657004220420${ed25519Seed}`, "hex");
      const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
      return [name, { cert: certificate, key: key.export({ format: "pem", type: "pkcs8" }).toString() }];
    }),
  );
}

// The comparison

interface Outcome {
  readonly answer: RawAnswer;
  readonly reviews: readonly Review[];
}

const outcomes = new Map<string, Promise<ReadonlyMap<string, Outcome>>>();

async function outcomesOf(setupName: string, file: VectorFile): Promise<ReadonlyMap<string, Outcome>> {
  const setup = (file["setups"] as readonly Setup[]).find(({ name }) => name === setupName);
  if (setup === undefined) throw new Error(`no setup ${setupName}`);
  const reviews: Review[] = [];
  const pairs = clientPairs(file);
  await using server = await startServer(setup, file, reviews);
  const found = new Map<string, Outcome>();
  for (const test of file.cases as readonly AuthCase[]) {
    if (test.setup !== setupName) continue;
    const answer = await server.ask(test.req, pairs.get(test.req.clientCertificate));
    found.set(test.id, { answer, reviews: reviews.splice(0) });
  }
  return found;
}

async function outcome(given: VectorCase, file: VectorFile): Promise<Outcome> {
  const { setup, id } = given as AuthCase;
  let all = outcomes.get(setup);
  if (all === undefined) outcomes.set(setup, (all = outcomesOf(setup, file)));
  const found = (await all).get(id);
  if (found === undefined) throw new Error(`${id} was not asked`);
  return found;
}

/** Compares with the recorded outcome, its answer changed. */
function compare(change: (recorded: Recorded) => Recorded): Deviation["check"] {
  return async (given, file): Promise<Verdict> => {
    const { res, reviews } = given as AuthCase;
    const found = await outcome(given, file);
    const expected = change(res);
    return same({ res: expected, reviews }, { res: shown(found.answer, expected), reviews: found.reviews });
  };
}

function withoutHeaders(res: Recorded, names: readonly string[]): Recorded {
  const kept = Object.entries(res.headers ?? {}).filter(([name]) => !names.includes(name));
  return { ...res, headers: Object.fromEntries(kept) };
}

function targetOf(test: VectorCase): string {
  return (test as AuthCase).req.target;
}

const deviations: readonly Deviation[] = [
  {
    name: "index-lists-own-paths-behind-authorization",
    reason: "the list of paths shows the paths of this server, which has no /statusz",
    applies: (test) => (test as AuthCase).res.body?.includes('"/statusz"') ?? false,
    check: compare((res) => ({ ...res, body: (res.body ?? "").replace('    "/statusz",\n', "") })),
  },
  {
    name: "no-process-start-header-on-authorized-metrics",
    reason: "the header repeats process_start_time_seconds of the page itself",
    applies: (test) => targetOf(test) === "/metrics",
    check: compare((res) => withoutHeaders(res, ["Process-Start-Time-Unix"])),
  },
  {
    name: "openapi-has-its-own-tag-behind-authorization",
    reason: "the document describes the served group versions only, with its own hash",
    applies: (test) => targetOf(test).startsWith("/openapi/"),
    check: compare((res) => {
      const headers = { ...res.headers, Etag: "<any>", Vary: "Accept" };
      return withoutHeaders({ ...res, headers }, ["Accept-Ranges", "Last-Modified"]);
    }),
  },
  {
    name: "no-partial-pods-behind-authorization",
    reason: "a pod served without one of its containers looks idle, and an autoscaler shrinks it",
    applies: (test, file) => showsPartialPod(file["fixture"] as Fixture, (test as AuthCase).res),
    check: async (given, file) => {
      const { req, res, reviews } = given as AuthCase;
      const found = await outcome(given, file);
      return comparePods(file["fixture"] as Fixture, req.target, res, found.answer) ?? same(reviews, found.reviews);
    },
  },
];

export const authBinding: AreaBinding = {
  area: "http-auth-transcripts",
  check: compare((res) => res),
  deviations,
};
