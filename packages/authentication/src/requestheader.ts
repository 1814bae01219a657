/**
 * Request-header authentication: a proxy that proved itself by certificate says in headers who the user is.
 *
 * Everything rests on the order: verify the peer, then read. `readIdentityHeaders` takes the proof as its argument.
 *
 * @see k8s.io/apiserver `pkg/authentication/request/headerrequest`
 */
import { headerText } from "./internal/header-text.ts";
import { headerChoice, lowerAscii, splitHeaders, type HeaderChoice } from "./internal/header-lines.ts";
import type { UserInfo } from "./user-info.ts";
import { VerifiedProxy } from "./verified-proxy.ts";

export { VerifiedProxy } from "./verified-proxy.ts";
export type { ProxyTrust } from "./verified-proxy.ts";
export type { UserInfo } from "./user-info.ts";
export { CertificateNotAccepted } from "./errors.ts";

/** Which headers carry identity. Names are compared without regard to ASCII case and never trimmed. */
export interface IdentityHeaders {
  /** The first of these with a non-empty *first* value is the user. */
  readonly usernameHeaders: readonly string[];
  /** Likewise for the UID. Empty by default: a front proxy older than 1.32 does not remove a client's own. */
  readonly uidHeaders: readonly string[];
  /** All values of all of these, in this order. Never split at commas. */
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

/** The names kube-aggregator sends, whatever the ConfigMap says; they never reach handlers. */
export const standardIdentityHeaders: IdentityHeaders = {
  usernameHeaders: ["X-Remote-User"],
  uidHeaders: ["X-Remote-Uid"],
  groupHeaders: ["X-Remote-Group"],
  extraHeaderPrefixes: ["X-Remote-Extra-"],
};

/**
 * Reads the user out of the identity headers that a verified proxy sent.
 *
 * @param proxy - the proof, from `VerifiedProxy.verify`
 * @param rawHeaders - names and values alternating, as Node's `rawHeaders`
 * @returns `undefined` without a user name: then the headers say nothing
 */
export function readIdentityHeaders(
  proxy: VerifiedProxy,
  rawHeaders: readonly string[],
  configuration: IdentityHeaders,
): UserInfo | undefined {
  assertProof(proxy);
  return identityOf(proxy, splitHeaders(rawHeaders, choiceOf(configuration)).taken, configuration);
}

/**
 * The headers without those that carry identity: what handlers may see. Take out the standard ones *and* the
 * configured ones, whoever sent them.
 */
export function withoutIdentityHeaders(
  rawHeaders: readonly string[],
  ...configurations: readonly IdentityHeaders[]
): readonly string[] {
  return configurations.reduce<readonly string[]>(
    (headers, configuration) => splitHeaders(headers, choiceOf(configuration)).kept,
    rawHeaders,
  );
}

/** @internal The same as `readIdentityHeaders` on headers already split. */
export function identityOf(
  proxy: VerifiedProxy,
  taken: ReadonlyMap<string, readonly string[]>,
  configuration: IdentityHeaders,
): UserInfo | undefined {
  assertProof(proxy);
  const name = firstValue(taken, configuration.usernameHeaders);
  if (name === "") return undefined;
  return {
    name,
    uid: firstValue(taken, configuration.uidHeaders),
    groups: groupsOf(taken, configuration.groupHeaders),
    extra: extraOf(taken, configuration.extraHeaderPrefixes),
  };
}

/** For callers without types. */
function assertProof(proxy: VerifiedProxy): void {
  if (!VerifiedProxy.isProof(proxy)) throw new TypeError("identity headers need a VerifiedProxy made by its verifier");
}

function firstValue(taken: ReadonlyMap<string, readonly string[]>, names: readonly string[]): string {
  for (const name of names) {
    const value = taken.get(lowerAscii(name))?.[0] ?? "";
    if (value !== "") return headerText(value);
  }
  return "";
}

function groupsOf(taken: ReadonlyMap<string, readonly string[]>, names: readonly string[]): string[] {
  const groups: string[] = [];
  for (const name of names) {
    for (const value of taken.get(lowerAscii(name)) ?? []) if (value !== "") groups.push(headerText(value));
  }
  return groups;
}

const noExtra: ReadonlyMap<string, readonly string[]> = new Map();

function extraOf(
  taken: ReadonlyMap<string, readonly string[]>,
  prefixes: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  let extra: Map<string, string[]> | undefined;
  for (const prefix of prefixes) {
    const start = lowerAscii(prefix);
    for (const [name, values] of taken) {
      if (!name.startsWith(start)) continue;
      const key = unescapedKey(name.slice(start.length));
      extra ??= new Map();
      const known = extra.get(key);
      if (known === undefined) extra.set(key, values.map(headerText));
      else known.push(...values.map(headerText));
    }
  }
  return extra ?? noExtra;
}

/** Percent escapes are bytes; one malformed escape leaves the whole key as it is. `+` is a plus. */
function unescapedKey(key: string): string {
  if (!key.includes("%") || !/^(?:[^%]|%[0-9a-f]{2})*$/.test(key)) return key;
  return headerText(
    key.replaceAll(/%([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
  );
}

const choices = new WeakMap<IdentityHeaders, HeaderChoice>();

function choiceOf(configuration: IdentityHeaders): HeaderChoice {
  const known = choices.get(configuration);
  if (known !== undefined) return known;
  const { usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes } = configuration;
  const made = headerChoice([...usernameHeaders, ...uidHeaders, ...groupHeaders], extraHeaderPrefixes);
  choices.set(configuration, made);
  return made;
}
