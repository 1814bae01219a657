/** Which requests are recorded, and how much of them: `audit.k8s.io/v1` Policy. */
import type { UserInfo } from "@kubemetrics/authentication";
import type { RequestInfo } from "@kubemetrics/authorization";
import { AuditPolicyInvalid } from "./apiservice-error.ts";
import { isObject } from "./object-answer.ts";

/** From nothing, over who did what, to bodies as well. */
export type AuditLevel = "None" | "Metadata" | "Request" | "RequestResponse";
export type AuditStage = "RequestReceived" | "ResponseStarted" | "ResponseComplete" | "Panic";

export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly AuditResources[];
  /** `""` for cluster scope. */
  readonly namespaces?: readonly string[];
  /** Paths; a trailing `*` matches the rest. */
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
}

export interface AuditResources {
  /** `*` for every group. */
  readonly group?: string;
  /** `pods`, `pods/log`, `pods/*`, status of any resource, `*`; all when empty. */
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface AuditPolicy {
  /** The first that matches decides; none: nothing is recorded. */
  readonly rules: readonly AuditRule[];
  readonly omitStages?: readonly AuditStage[];
}

export interface AuditChoice {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
}

const unrecorded: AuditChoice = { level: "None", omitStages: [] };

export function auditChoice(policy: AuditPolicy, user: UserInfo, info: RequestInfo): AuditChoice {
  const rule = policy.rules.find((candidate) => matches(candidate, user, info));
  if (rule === undefined) return unrecorded;
  return { level: rule.level, omitStages: [...(policy.omitStages ?? []), ...(rule.omitStages ?? [])] };
}

function matches(rule: AuditRule, user: UserInfo, info: RequestInfo): boolean {
  if (!isIn(rule.users, user.name) || !isIn(rule.verbs, info.verb)) return false;
  if (isFilled(rule.userGroups) && !user.groups.some((group) => rule.userGroups?.includes(group))) return false;
  if (isFilled(rule.namespaces) || isFilled(rule.resources)) {
    if (!info.isResourceRequest || !isIn(rule.namespaces, info.namespace)) return false;
    return !isFilled(rule.resources) || rule.resources.some((resources) => coversResource(resources, info));
  }
  if (!isFilled(rule.nonResourceURLs)) return true;
  return !info.isResourceRequest && rule.nonResourceURLs.some((spec) => coversPath(spec, info.path));
}

function coversResource({ group = "", resources, resourceNames }: AuditResources, info: RequestInfo): boolean {
  if (group !== "*" && group !== info.apiGroup) return false;
  if (!isFilled(resources)) return true;
  if (!isIn(resourceNames, info.name)) return false;
  const { resource, subresource } = info;
  const whole = subresource === "" ? resource : `${resource}/${subresource}`;
  return resources.some(
    (spec) =>
      spec === "*" || spec === whole || spec === `${resource}/*` || (subresource !== "" && spec === `*/${subresource}`),
  );
}

function coversPath(spec: string, path: string): boolean {
  return spec === path || (spec.endsWith("*") && path.startsWith(spec.replace(/\*+$/, "")));
}

function isFilled<T>(list: readonly T[] | undefined): list is readonly T[] {
  return list !== undefined && list.length > 0;
}

/** An absent or empty list takes everything. */
function isIn(list: readonly string[] | undefined, text: string): boolean {
  return !isFilled(list) || list.includes(text);
}

const levels: ReadonlySet<unknown> = new Set<AuditLevel>(["None", "Metadata", "Request", "RequestResponse"]);
const stages: ReadonlySet<unknown> = new Set<AuditStage>([
  "RequestReceived",
  "ResponseStarted",
  "ResponseComplete",
  "Panic",
]);
const listFields = ["users", "userGroups", "verbs", "namespaces", "nonResourceURLs"] as const;

/**
 * Checks a policy file's content. A field with nothing behind it counts as absent, as upstream has it.
 *
 * @param value - the file as data, from YAML or JSON
 * @throws AuditPolicyInvalid listing every problem with its path
 */
export function readAuditPolicy(value: unknown): AuditPolicy {
  const problems: string[] = [];
  const policy = withoutEmptyFields(value ?? {}) as {
    kind?: unknown;
    apiVersion?: unknown;
    rules?: unknown;
    omitStages?: unknown;
  };
  if (policy.kind !== "Policy") problems.push(`kind: expected "Policy"`);
  if (policy.apiVersion !== "audit.k8s.io/v1") problems.push(`apiVersion: expected "audit.k8s.io/v1"`);
  checkStages(policy.omitStages, "omitStages", problems);
  if (!Array.isArray(policy.rules) || policy.rules.length === 0) problems.push("rules: at least one rule is needed");
  else for (const [at, rule] of policy.rules.entries()) checkRule(rule, `rules[${at}]`, problems);
  if (problems.length > 0) throw new AuditPolicyInvalid(`audit policy: ${problems.join("; ")}`);
  return policy as AuditPolicy;
}

/** YAML has `null` for a field with nothing behind it, and for an empty item of a list, which has no fields. */
function withoutEmptyFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutEmptyFields(item ?? {}));
  if (!isObject(value)) return value;
  const filled = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(filled.map(([name, field]) => [name, withoutEmptyFields(field)]));
}

function checkRule(value: unknown, path: string, problems: string[]): void {
  const rule = value as Readonly<Record<string, unknown>>;
  if (!levels.has(rule["level"])) problems.push(`${path}.level: expected None, Metadata, Request or RequestResponse`);
  checkStages(rule["omitStages"], `${path}.omitStages`, problems);
  for (const field of listFields) checkTexts(rule[field], `${path}.${field}`, problems);
  const resources = rule["resources"] ?? [];
  if (!Array.isArray(resources)) problems.push(`${path}.resources: expected a list`);
  else
    for (const [at, item] of resources.entries()) {
      const { resources: names, resourceNames } = item as Readonly<Record<string, unknown>>;
      checkTexts(names, `${path}.resources[${at}].resources`, problems);
      checkTexts(resourceNames, `${path}.resources[${at}].resourceNames`, problems);
    }
  const isAboutResources =
    (resources as readonly unknown[]).length > 0 || isFilled(rule["namespaces"] as readonly string[]);
  if (isAboutResources && isFilled(rule["nonResourceURLs"] as readonly string[])) {
    problems.push(`${path}: nonResourceURLs cannot stand beside resources or namespaces`);
  }
}

function checkTexts(value: unknown, path: string, problems: string[]): void {
  if (value === undefined) return;
  const isList = Array.isArray(value) && value.every((text) => typeof text === "string");
  if (!isList) problems.push(`${path}: expected a list of texts`);
}

function checkStages(value: unknown, path: string, problems: string[]): void {
  if (value === undefined) return;
  if (!Array.isArray(value) || !value.every((stage) => stages.has(stage))) problems.push(`${path}: unknown stage`);
}
