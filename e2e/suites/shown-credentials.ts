/** Every kind of credential that a client can show, and what becomes of a request for all nodes' metrics with it. */
import { issueAuthority, issueClient, issueServer, type KeyPair } from "@kubemetrics/x509";
import type { Credentials } from "../control-plane/api-client.ts";

export interface CredentialIssuers {
  /** Of users. */
  readonly authority: KeyPair;
  readonly frontProxyAuthority: KeyPair;
  readonly tokens: {
    /** Of an account that may read metrics. */
    readonly viewer: string;
    /** Of `default/nobody`, which may not. */
    readonly nobody: string;
    /** The viewer's for another audience. */
    readonly elsewhere: string;
    /** Of an account that was deleted. */
    readonly deleted: string;
  };
}

export interface ShownCredentials {
  readonly what: string;
  readonly status: 200 | 401 | 403;
  /** Whom the refusal names. */
  readonly user?: string;
  readonly credentials?: (by: CredentialIssuers) => Credentials;
  /** Header of that name. */
  readonly authorization?: (by: CredentialIssuers) => string;
  readonly query?: (by: CredentialIssuers) => string;
}

const hourMs = 3_600_000;
const administrator = { commonName: "root", organizations: ["system:masters"] };
const expired = { notBeforeMs: Date.now() - 2 * hourMs, notAfterMs: Date.now() - hourMs };
const tomorrow = { notBeforeMs: Date.now() + hourMs };
const account = "system:serviceaccount:default:nobody";
const anonymous = "system:anonymous";

const issued = (authority: KeyPair, validity = {}): KeyPair =>
  issueClient(authority, { ...administrator, ...validity });
const somebody = ({ authority }: CredentialIssuers): KeyPair => issueClient(authority, { commonName: "somebody" });
const stranger = (commonName = "elsewhere"): KeyPair => issued(issueAuthority({ commonName }));
const intermediate = (parent: KeyPair, pathLength = 1): KeyPair =>
  issueAuthority({ commonName: "intermediate", parent, pathLength });

/** A certificate of the last one, shown with those before it. */
function below(...authorities: readonly [...KeyPair[], KeyPair]): KeyPair {
  const leaf = issued(authorities.at(-1) as KeyPair);
  const shown = [leaf, ...authorities.toReversed()].map(({ certificatePem }) => certificatePem);
  return { ...leaf, certificatePem: shown.join("") };
}

export const certificates: readonly ShownCredentials[] = [
  { what: "one of a member of system:masters", status: 200, credentials: ({ authority }) => issued(authority) },
  { what: "one of somebody without rights", status: 403, user: "somebody", credentials: somebody },
  { what: "an expired one", status: 401, credentials: ({ authority }) => issued(authority, expired) },
  { what: "one of tomorrow", status: 401, credentials: ({ authority }) => issued(authority, tomorrow) },
  {
    what: "one for servers only",
    status: 401,
    credentials: ({ authority }) => issueServer(authority, { ...administrator, dnsNames: ["x"], ipAddresses: [] }),
  },
  {
    what: "one below an intermediate authority",
    status: 200,
    credentials: ({ authority }) => below(intermediate(authority)),
  },
  {
    what: "the same without the intermediate",
    status: 401,
    credentials: ({ authority }) => issued(intermediate(authority)),
  },
  {
    what: "one below two intermediates",
    status: 200,
    credentials: ({ authority }) => {
      const upper = intermediate(authority);
      return below(upper, issueAuthority({ commonName: "lower", parent: upper }));
    },
  },
  {
    what: "one below two intermediates, of which the upper may have none below it",
    status: 401,
    credentials: ({ authority }) => {
      const upper = intermediate(authority, 0);
      return below(upper, issueAuthority({ commonName: "lower", parent: upper }));
    },
  },
  { what: "one of another authority", status: 401, credentials: () => stranger() },
  { what: "one of another authority with the cluster's name", status: 401, credentials: () => stranger("kubernetes") },
  {
    what: "one of the front proxy's authority, without identity headers",
    status: 401,
    credentials: ({ frontProxyAuthority }) => issueClient(frontProxyAuthority, { commonName: "front-proxy-client" }),
  },
];

export const tokens: readonly ShownCredentials[] = [
  { what: "that of an account that may", status: 200, authorization: (by) => `Bearer ${by.tokens.viewer}` },
  { what: "the scheme in small letters", status: 200, authorization: (by) => `bearer ${by.tokens.viewer}` },
  {
    what: "that of an account that may not",
    status: 403,
    user: account,
    authorization: (by) => `Bearer ${by.tokens.nobody}`,
  },
  { what: "one for another audience", status: 401, authorization: (by) => `Bearer ${by.tokens.elsewhere}` },
  { what: "that of a deleted account", status: 401, authorization: (by) => `Bearer ${by.tokens.deleted}` },
  {
    what: "one with another signature",
    status: 401,
    authorization: (by) => `Bearer ${by.tokens.viewer.slice(0, -8)}AAAAAAAA`,
  },
  { what: "one without signature", status: 401, authorization: (by) => `Bearer ${unsigned(by.tokens.viewer)}` },
  { what: "a word", status: 401, authorization: () => "Bearer admin" },
  {
    what: "one after two spaces",
    status: 403,
    user: anonymous,
    authorization: (by) => `Bearer  ${by.tokens.viewer}`,
  },
  {
    what: "one under another scheme",
    status: 403,
    user: anonymous,
    authorization: (by) => `Token ${by.tokens.viewer}`,
  },
  { what: "name and password", status: 403, user: anonymous, authorization: () => `Basic ${btoa("admin:admin")}` },
  { what: "one in the query", status: 403, user: anonymous, query: (by) => `?access_token=${by.tokens.viewer}` },
  { what: "nothing", status: 403, user: anonymous },
];

export const certificatesAndTokens: readonly ShownCredentials[] = [
  {
    what: "a certificate, and the token of somebody who may",
    status: 403,
    user: "somebody",
    credentials: (by) => ({ ...somebody(by), token: by.tokens.viewer }),
  },
  {
    what: "a certificate and a wrong token",
    status: 200,
    credentials: ({ authority }) => ({ ...issued(authority), token: "admin" }),
  },
  {
    what: "an unknown certificate and a token",
    status: 200,
    credentials: (by) => ({ ...stranger(), token: by.tokens.viewer }),
  },
  {
    what: "an expired certificate and a token",
    status: 200,
    credentials: (by) => ({ ...issued(by.authority, expired), token: by.tokens.viewer }),
  },
  {
    what: "an unknown certificate and the token of an account that may not",
    status: 403,
    user: account,
    credentials: (by) => ({ ...stranger(), token: by.tokens.nobody }),
  },
];

/** The same claims under `alg: none`. */
function unsigned(token: string): string {
  const header = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
  return `${header}.${token.split(".")[1]}.`;
}
