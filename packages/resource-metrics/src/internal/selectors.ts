/** The selectors of a list request, and which members they select. */
import {
  badRequest,
  FieldSelector,
  type FieldRequirement,
  type Labels,
  LabelSelector,
  parseFieldSelector,
  parseLabelSelector,
  requireSupportedFields,
  SelectorInvalid,
} from "@kubemetrics/apimachinery";
import type { ResourceRequest } from "@kubemetrics/apiservice";

export interface Selectors {
  readonly labels: LabelSelector;
  /** Conditions on fields that members have. */
  readonly fields: FieldSelector;
  /** Conditions on the field that only usage has. */
  readonly ofUsage: readonly FieldRequirement[];
  /** Selects everything. */
  readonly isEmpty: boolean;
}

const none = new FieldSelector([]);
const noSelectors: Selectors = { labels: new LabelSelector([]), fields: none, ofUsage: [], isEmpty: true };

/**
 * @param memberFields - fields of members, then `usageFields`: the order in which a refusal lists them
 * @throws StatusError 400 with upstream's text
 */
export function readSelectors(
  request: Pick<ResourceRequest, "labelSelector" | "fieldSelector">,
  memberFields: readonly string[],
  usageFields: readonly string[],
): Selectors {
  const { labelSelector, fieldSelector } = request;
  if (labelSelector === "" && fieldSelector === "") return noSelectors;
  try {
    const labels = parseLabelSelector(labelSelector);
    const all = parseFieldSelector(fieldSelector);
    requireSupportedFields(all, [...memberFields, ...usageFields]);
    const ofUsage = all.requirements.filter(({ field }) => usageFields.includes(field));
    const fields = new FieldSelector(all.requirements.filter(({ field }) => !usageFields.includes(field)));
    return { labels, fields, ofUsage, isEmpty: labels.isEmpty && all.isEmpty };
  } catch (error) {
    if (error instanceof SelectorInvalid) throw badRequest(error.message);
    throw error;
  }
}

/** A member's fields, for selectors. */
export interface Selectable {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Labels;
}

/** The members that the selectors select, usage aside; in the same order. */
export function selectMembers<M extends Selectable>(
  members: readonly M[],
  { labels, fields }: Selectors,
): readonly M[] {
  if (labels.isEmpty && fields.isEmpty) return members;
  let current: M | undefined;
  const values = {
    get: (field: string): string | undefined => (field === "metadata.name" ? current?.name : current?.namespace),
  };
  return members.filter((member) => {
    current = member;
    return labels.matches(member.labels) && (fields.isEmpty || fields.matches(values));
  });
}

/** Whether usage with this value of its field is selected. */
export function selectsUsage({ ofUsage }: Selectors, fieldValue: string): boolean {
  return ofUsage.every(({ operator, value }) => (fieldValue === value) === (operator === "="));
}
