/** Certificate policies: does the chain end in a policy where an authority insists on one? RFC 5280 §6.1 with RFC 9618. */
import type { Certificate } from "../certificate.ts";

const anyPolicy = "551d2000";

/** A policy that is valid at some depth of the chain, with what the certificates below may call it. */
interface PolicyNode {
  readonly policy: string;
  expected: readonly string[];
  readonly parents: Set<PolicyNode>;
  readonly children: Set<PolicyNode>;
}

type Level = Map<string, PolicyNode>;

/** Any policy will do, so this only fails where a certificate requires an explicit one, or maps anyPolicy. */
export function hasValidPolicies(chain: readonly Certificate[]): boolean {
  const below = chain.slice(0, -1);
  const start = below.length + 1;
  let explicit = start;
  let mapping = start;
  let inhibitAny = start;
  let levels: Level[] | undefined = [new Map([[anyPolicy, node(anyPolicy, [])]])];
  for (const [index, certificate] of [...below.entries()].toReversed()) {
    const { extensions } = certificate;
    const isSelfIssued = Buffer.compare(certificate.issuer.der, certificate.subject.der) === 0;
    if ((extensions.policies ?? []).length === 0) levels = undefined;
    if (explicit === 0 && levels === undefined) return false;
    if (levels !== undefined) {
      addLevel(levels, extensions.policies ?? [], inhibitAny > 0 || (index > 0 && isSelfIssued));
      if (index > 0 && !applyMappings(levels, extensions.policyMappings ?? [], mapping > 0)) return false;
    }
    if (index === 0) continue;
    const step = isSelfIssued ? 0 : 1;
    explicit = lower(explicit - step, extensions.requireExplicitPolicy);
    mapping = lower(mapping - step, extensions.inhibitPolicyMapping);
    inhibitAny = lower(inhibitAny - step, extensions.inhibitAnyPolicy);
  }
  const isExplicit = explicit <= 1 || chain[0]?.extensions.requireExplicitPolicy === 0;
  return below.length === 0 || !isExplicit || hasPolicy(levels);
}

function lower(counter: number, limit: number | undefined): number {
  const current = Math.max(counter, 0);
  return limit !== undefined && limit >= 0 ? Math.min(current, limit) : current;
}

function node(policy: string, parents: readonly PolicyNode[]): PolicyNode {
  const made: PolicyNode = { policy, expected: [policy], parents: new Set(parents), children: new Set() };
  for (const parent of parents) parent.children.add(made);
  return made;
}

function addLevel(levels: Level[], policies: readonly string[], isAnyAllowed: boolean): void {
  const above = levels.at(-1) ?? new Map<string, PolicyNode>();
  const byExpected = new Map<string, PolicyNode[]>();
  for (const parent of above.values()) {
    for (const expected of parent.expected) byExpected.set(expected, [...(byExpected.get(expected) ?? []), parent]);
  }
  const level: Level = new Map();
  levels.push(level);
  for (const policy of policies) {
    if (policy === anyPolicy) continue;
    const anyParent = above.get(anyPolicy);
    const parents = byExpected.get(policy) ?? (anyParent === undefined ? [] : [anyParent]);
    if (parents.length > 0) level.set(policy, node(policy, parents));
  }
  if (policies.includes(anyPolicy) && isAnyAllowed) {
    for (const [expected, parents] of byExpected) {
      if (!level.has(expected)) level.set(expected, node(expected, parents));
    }
  }
  prune(levels);
}

/** False when a mapping names anyPolicy, which is not allowed. */
function applyMappings(
  levels: Level[],
  mappings: readonly { readonly issuer: string; readonly subject: string }[],
  isMappingAllowed: boolean,
): boolean {
  const level = levels.at(-1) ?? new Map<string, PolicyNode>();
  const subjects = new Map<string, string[]>();
  for (const { issuer, subject } of mappings) {
    if (isMappingAllowed) {
      if (issuer === anyPolicy || subject === anyPolicy) return false;
      subjects.set(issuer, [...(subjects.get(issuer) ?? []), subject]);
    } else {
      remove(level, issuer);
    }
  }
  prune(levels);
  for (const [issuer, expected] of subjects) {
    const any = level.get(anyPolicy);
    const mapped = level.get(issuer) ?? (any === undefined ? undefined : node(issuer, [any]));
    if (mapped === undefined) continue;
    mapped.expected = expected;
    level.set(issuer, mapped);
  }
  return true;
}

/** Removes what has nothing below it, except in the last level. */
function prune(levels: readonly Level[]): void {
  for (const level of levels.slice(1, -1).toReversed()) {
    for (const [policy, entry] of level) {
      if (entry.children.size === 0) remove(level, policy);
    }
  }
}

function remove(level: Level, policy: string): void {
  const gone = level.get(policy);
  if (gone === undefined) return;
  for (const parent of gone.parents) parent.children.delete(gone);
  level.delete(policy);
}

/** Is any policy left: anyPolicy at the end, or one that hangs from anyPolicy alone? */
function hasPolicy(levels: readonly Level[] | undefined): boolean {
  if (levels === undefined) return false;
  if (levels.at(-1)?.has(anyPolicy) === true) return true;
  return levels.some((level) =>
    [...level.values()].some(
      (entry) => entry.policy !== anyPolicy && entry.parents.size === 1 && [...entry.parents][0]?.policy === anyPolicy,
    ),
  );
}
