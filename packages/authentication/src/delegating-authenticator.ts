/** The whole of authentication for an extension API server: request headers, client certificates, tokens, anonymous. */
import type { AuthenticationResult, Authenticator, RequestCredentials } from "./authenticator.ts";
import { bearerToken, webSocketToken, type TokenFinding } from "./internal/bearer-token.ts";
import {
  firstTaken,
  headerChoice,
  splitHeaders,
  type HeaderChoice,
  type TakenHeaders,
} from "./internal/header-lines.ts";
import { PeerVerdicts } from "./internal/peer-verdicts.ts";
import { identityOf, standardIdentityHeaders } from "./identity-headers.ts";
import { TokenAuthenticator, type TokenAnswer, type TokenAuthenticatorOptions } from "./token-authenticator.ts";
import type { Trust, TrustSource } from "./trust.ts";
import { anonymous, withAuthenticatedGroup, type UserInfo } from "./user-info.ts";

export interface DelegatingAuthenticatorOptions {
  /** Whose certificates count, and for what. */
  readonly trust: TrustSource;
  /** How to ask about bearer tokens. Absent = tokens say nothing, and their bearer is anonymous. */
  readonly tokens?: TokenAuthenticator | TokenAuthenticatorOptions | undefined;
  /** Epoch milliseconds, for certificates. Default `Date.now`. */
  readonly clock?: () => number;
}

/**
 * Tries, in order: request headers from a verified proxy, the peer's own certificate, a bearer token, a WebSocket
 * token. The first that knows the user wins. If none does, credentials that were *wrong* refuse the request; a request
 * without any is anonymous. So a bad token is never anonymous, and an unknown certificate with a good token is the
 * token's user.
 *
 * Certificates are checked once per connection, change of trust, and minute; a request on a connection that is known
 * costs no signature check.
 *
 * @see k8s.io/apiserver `pkg/authentication/authenticatorfactory` DelegatingAuthenticatorConfig
 */
export function createDelegatingAuthenticator(options: DelegatingAuthenticatorOptions): Authenticator {
  return new DelegatingAuthenticator(options);
}

/** What is known of a request while the authenticators are tried one after the other. */
interface Attempt {
  readonly request: RequestCredentials;
  readonly taken: TakenHeaders;
  /** What handlers may see if it succeeds. */
  readonly kept: readonly string[];
  /** Credentials that were wrong, and why. */
  readonly faults: string[];
  readonly warnings: string[];
}

class DelegatingAuthenticator implements Authenticator {
  readonly #trust: TrustSource;
  readonly #tokens: TokenAuthenticator | undefined;
  readonly #clock: () => number;
  readonly #verdicts = new PeerVerdicts();

  constructor({ trust, tokens, clock = Date.now }: DelegatingAuthenticatorOptions) {
    this.#trust = trust;
    this.#clock = clock;
    this.#tokens =
      tokens === undefined || tokens instanceof TokenAuthenticator ? tokens : new TokenAuthenticator(tokens);
  }

  authenticate(request: RequestCredentials): AuthenticationResult | Promise<AuthenticationResult> {
    const trust = this.#trust.current();
    const { kept, taken } = splitHeaders(request.rawHeaders, choiceOf(trust));
    const faults: string[] = [];
    if (request.peerChain.length > 0) {
      const user = this.#byCertificate(request.peerChain, trust, taken, faults);
      if (user !== undefined) return { kind: "authenticated", user, headers: kept };
    }
    const attempt: Attempt = { request, taken, kept, faults, warnings: [] };
    return this.#tokens === undefined ? otherwise(attempt) : this.#byToken(attempt, this.#tokens);
  }

  #byCertificate(
    peerChain: readonly Uint8Array[],
    trust: Trust,
    taken: TakenHeaders,
    faults: string[],
  ): UserInfo | undefined {
    const now = this.#clock();
    const verdict = this.#verdicts.of(peerChain, trust, now);
    const proxy = verdict.proxy(now);
    if (proxy.value !== undefined && trust.requestHeader !== undefined) {
      const user = identityOf(proxy.value, taken, trust.requestHeader);
      if (user !== undefined) return withAuthenticatedGroup(user);
    }
    const own = verdict.user(now);
    if (own.value !== undefined) return own.value;
    if (proxy.fault !== undefined) faults.push(`as front proxy: ${proxy.fault}`);
    if (own.fault !== undefined) faults.push(`as client: ${own.fault}`);
    return undefined;
  }

  #byToken(attempt: Attempt, tokens: TokenAuthenticator): AuthenticationResult | Promise<AuthenticationResult> {
    const bearer = bearerToken(firstTaken(attempt.taken, "authorization"));
    return byFinding(attempt, tokens, bearer, () =>
      byFinding(attempt, tokens, webSocketToken(attempt.request.rawHeaders), () => otherwise(attempt)),
    );
  }
}

function byFinding(
  attempt: Attempt,
  tokens: TokenAuthenticator,
  finding: TokenFinding,
  next: () => AuthenticationResult | Promise<AuthenticationResult>,
): AuthenticationResult | Promise<AuthenticationResult> {
  if (finding.warning !== undefined) attempt.warnings.push(finding.warning);
  if (finding.fault !== undefined) attempt.faults.push(finding.fault);
  if (finding.token === undefined) return next();
  const proceed = (answer: TokenAnswer): AuthenticationResult | Promise<AuthenticationResult> => {
    if (answer.kind === "user") return accepted(replaced(attempt, finding.replacement), answer.user);
    attempt.faults.push(answer.kind === "unknown" ? "invalid bearer token" : `bearer token: ${answer.reason}`);
    return next();
  };
  const answer = tokens.lookup(finding.token);
  return answer instanceof Promise ? answer.then(proceed) : proceed(answer);
}

/** The first of these headers gets the new value, others of that name go. */
function replaced(attempt: Attempt, replacement: TokenFinding["replacement"]): Attempt {
  if (replacement === undefined) return attempt;
  const kept: string[] = [];
  let isPlaced = false;
  for (let index = 0; index < attempt.kept.length; index += 2) {
    const [name = "", value = ""] = attempt.kept.slice(index, index + 2);
    if (name.toLowerCase() !== replacement.name) {
      kept.push(name, value);
    } else if (!isPlaced) {
      kept.push(name, replacement.value);
      isPlaced = true;
    }
  }
  return { ...attempt, kept };
}

function accepted({ kept, warnings }: Attempt, user: UserInfo): AuthenticationResult {
  return warnings.length === 0
    ? { kind: "authenticated", user, headers: kept }
    : { kind: "authenticated", user, headers: kept, warnings };
}

/** Nobody knew the user: wrong credentials are refused, none at all is anonymous. */
function otherwise(attempt: Attempt): AuthenticationResult {
  const { faults, warnings } = attempt;
  if (faults.length === 0) return accepted(attempt, anonymous);
  const reason = faults.join("; ");
  return warnings.length === 0 ? { kind: "refused", reason } : { kind: "refused", reason, warnings };
}

const choices = new WeakMap<Trust, HeaderChoice>();

/** Authorization, the standard identity headers and the configured ones: none of them reaches a handler. */
function choiceOf(trust: Trust): HeaderChoice {
  const known = choices.get(trust);
  if (known !== undefined) return known;
  const configurations = [standardIdentityHeaders, trust.requestHeader ?? standardIdentityHeaders];
  const made = headerChoice(
    ["authorization", ...configurations.flatMap((c) => [...c.usernameHeaders, ...c.uidHeaders, ...c.groupHeaders])],
    configurations.flatMap((c) => c.extraHeaderPrefixes),
  );
  choices.set(trust, made);
  return made;
}
