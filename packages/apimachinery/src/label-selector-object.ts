/** LabelSelector objects, as they stand in other objects (a HorizontalPodAutoscaler's metric selector, a Service's policy …). */
import { goQuote } from "./go-quote.ts";
import { LabelRequirement, type LabelOperator } from "./label-requirement.ts";
import { LabelSelector, selectEverything, selectNothing } from "./label-selector.ts";
import { labelsFrom } from "./labels.ts";
import { SelectorInvalid } from "./selector-invalid.ts";

/** `meta/v1` LabelSelector. All parts must hold. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>> | null;
  readonly matchExpressions?: readonly LabelSelectorExpression[] | null;
}

/** `operator` is In, NotIn, Exists or DoesNotExist; anything else is refused when the object is used. */
export interface LabelSelectorExpression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | null;
}

const operators: ReadonlyMap<string, LabelOperator> = new Map<string, LabelOperator>([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
]);

/**
 * Makes a selector. A missing object selects nothing, an empty one everything.
 *
 * @throws SelectorInvalid with upstream's text
 * @see apimachinery `pkg/apis/meta/v1/helpers.go` (LabelSelectorAsSelector)
 */
export function labelSelectorFromObject(object: LabelSelectorObject | null | undefined): LabelSelector {
  if (object === null || object === undefined) return selectNothing;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of labelsFrom(object.matchLabels)) requirements.push(new LabelRequirement(key, "=", [value]));
  for (const { key, operator: name, values } of object.matchExpressions ?? []) {
    const operator = operators.get(name);
    if (operator === undefined) throw new SelectorInvalid(`${goQuote(name)} is not a valid label selector operator`);
    requirements.push(new LabelRequirement(key, operator, values ?? []));
  }
  return requirements.length === 0 ? selectEverything : new LabelSelector(requirements);
}

/** For people: the selector's text, `<none>` when it has none, `<error>` when the object is not valid. */
export function labelSelectorObjectText(object: LabelSelectorObject | null | undefined): string {
  try {
    return labelSelectorFromObject(object).toString() || "<none>";
  } catch (error) {
    if (error instanceof SelectorInvalid) return "<error>";
    throw error;
  }
}
