/**
 * Request-header authentication: a proxy that proved itself by certificate says in headers who the user is.
 *
 * Everything rests on the order: verify the peer, then read. `readIdentityHeaders` takes the proof as its argument.
 *
 * @see k8s.io/apiserver `pkg/authentication/request/headerrequest`
 */
import { headerText } from "./internal/header-text.ts";
import {
  firstTaken,
  headerChoice,
  lowerAscii,
  splitHeaders,
  type HeaderChoice,
  type TakenHeaders,
} from "./internal/header-lines.ts";
import type { UserInfo } from "./user-info.ts";
import { VerifiedProxy } from "./verified-proxy.ts";

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
  return identityOf(proxy, splitHeaders(rawHeaders, compiled(configuration).choice).taken, configuration);
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
    (headers, configuration) => splitHeaders(headers, compiled(configuration).choice).kept,
    rawHeaders,
  );
}

/** The same as `readIdentityHeaders` on headers already split. */
export function identityOf(
  proxy: VerifiedProxy,
  taken: TakenHeaders,
  configuration: IdentityHeaders,
): UserInfo | undefined {
  assertProof(proxy);
  const { usernames, uids, groups, prefixes, keys } = compiled(configuration);
  const name = firstValue(taken, usernames);
  if (name === "") return undefined;
  return {
    name,
    uid: firstValue(taken, uids),
    groups: groupsOf(taken, groups),
    extra: extraOf(taken, prefixes, keys),
  };
}

/** For callers without types. */
function assertProof(proxy: VerifiedProxy): void {
  if (!VerifiedProxy.isProof(proxy)) throw new TypeError("identity headers need a VerifiedProxy made by its verifier");
}

function firstValue(taken: TakenHeaders, names: readonly string[]): string {
  for (const name of names) {
    const value = firstTaken(taken, name) ?? "";
    if (value !== "") return headerText(value);
  }
  return "";
}

function groupsOf(taken: TakenHeaders, names: readonly string[]): string[] {
  const groups: string[] = [];
  for (const name of names) {
    for (let index = 0; index < taken.length; index += 2) {
      const value = taken[index + 1] ?? "";
      if (value !== "" && taken[index] === name) groups.push(headerText(value));
    }
  }
  return groups;
}

const noExtra: ReadonlyMap<string, readonly string[]> = new Map();

function extraOf(
  taken: TakenHeaders,
  prefixes: readonly string[],
  keys: Map<string, string>,
): ReadonlyMap<string, readonly string[]> {
  let extra: Map<string, string[]> | undefined;
  for (const prefix of prefixes) {
    for (let index = 0; index < taken.length; index += 2) {
      const name = taken[index] ?? "";
      if (!name.startsWith(prefix)) continue;
      const key = knownKey(name.slice(prefix.length), keys);
      const value = headerText(taken[index + 1] ?? "");
      extra ??= new Map();
      const values = extra.get(key);
      if (values === undefined) extra.set(key, [value]);
      else values.push(value);
    }
  }
  return extra ?? noExtra;
}

/** Clusters use a handful of keys; whoever sends thousands, or long ones, does not fill memory with them. */
const keysKept = 256;
const longestKept = 256;

function knownKey(escaped: string, keys: Map<string, string>): string {
  if (!escaped.includes("%")) return escaped;
  const known = keys.get(escaped);
  if (known !== undefined) return known;
  const key = unescapedKey(escaped);
  if (keys.size < keysKept && escaped.length <= longestKept) keys.set(escaped, key);
  return key;
}

/** Percent escapes are bytes; one malformed escape leaves the whole key as it is. `+` is a plus. */
function unescapedKey(key: string): string {
  if (!/^(?:[^%]|%[0-9a-f]{2})*$/.test(key)) return key;
  return headerText(
    key.replaceAll(/%([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
  );
}

/** A configuration in lower case, with the choice of headers it asks for. */
interface Compiled {
  readonly usernames: readonly string[];
  readonly uids: readonly string[];
  readonly groups: readonly string[];
  readonly prefixes: readonly string[];
  readonly choice: HeaderChoice;
  /** Extra keys seen, escaped → unescaped. */
  readonly keys: Map<string, string>;
}

const configurations = new WeakMap<IdentityHeaders, Compiled>();

function compiled(configuration: IdentityHeaders): Compiled {
  const known = configurations.get(configuration);
  if (known !== undefined) return known;
  const usernames = configuration.usernameHeaders.map(lowerAscii);
  const uids = configuration.uidHeaders.map(lowerAscii);
  const groups = configuration.groupHeaders.map(lowerAscii);
  const prefixes = configuration.extraHeaderPrefixes.map(lowerAscii);
  const choice = headerChoice([...usernames, ...uids, ...groups], prefixes);
  const made: Compiled = { usernames, uids, groups, prefixes, choice, keys: new Map() };
  configurations.set(configuration, made);
  return made;
}
