/** The query of a list or watch: checked as upstream checks it, in the same order, with the same texts. */
import {
  badRequest,
  goQuote,
  invalid,
  parseFieldSelector,
  parseLabelSelector,
  type FieldError,
} from "@kubemetrics/apimachinery";
import { isInt64, queryFlag } from "@kubemetrics/authorization";

export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly watch: boolean;
  readonly resourceVersion: string;
  /** Seconds; `undefined` when not asked for. */
  readonly timeoutSeconds: number | undefined;
}

const none: ListOptions = {
  labelSelector: "",
  fieldSelector: "",
  watch: false,
  resourceVersion: "",
  timeoutSeconds: undefined,
};

/**
 * @param query - first value of each name
 * @throws StatusError 400 for numbers and selectors that do not parse, 422 for options that contradict each other
 */
export function readListOptions(query: ReadonlyMap<string, string>): ListOptions {
  if (query.size === 0) return none;
  const timeoutSeconds = integer(query.get("timeoutSeconds"));
  integer(query.get("limit"));
  const labelSelector = query.get("labelSelector") ?? "";
  const fieldSelector = query.get("fieldSelector") ?? "";
  try {
    if (labelSelector !== "") parseLabelSelector(labelSelector);
    if (fieldSelector !== "") parseFieldSelector(fieldSelector);
  } catch (error) {
    throw badRequest((error as Error).message);
  }
  const watch = queryFlag(query.get("watch"));
  const problems = watch ? watchProblems(query) : listProblems(query);
  if (problems.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", problems);
  return { labelSelector, fieldSelector, watch, resourceVersion: query.get("resourceVersion") ?? "", timeoutSeconds };
}

function integer(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const refused = (why: string): Error => badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw refused("invalid syntax");
  if (!isInt64(text)) throw refused("value out of range");
  return Number(text);
}

const match = "resourceVersionMatch";

function forbiddenField(field: string, detail: string): FieldError {
  return { type: "FieldValueForbidden", field, detail };
}

function unsupportedMatch(value: string, supported: string): FieldError {
  return { type: "FieldValueNotSupported", field: match, value, detail: `supported values: ${supported}` };
}

function listProblems(query: ReadonlyMap<string, string>): readonly FieldError[] {
  const problems: FieldError[] = [];
  const wanted = query.get(match) ?? "";
  if (wanted !== "") {
    const version = query.get("resourceVersion") ?? "";
    if (version === "")
      problems.push(forbiddenField(match, `${match} is forbidden unless resourceVersion is provided`));
    if ((query.get("continue") ?? "") !== "") problems.push(forbiddenField(match, forbiddenWithContinue));
    if (wanted !== "Exact" && wanted !== "NotOlderThan") {
      problems.push(unsupportedMatch(wanted, '"Exact", "NotOlderThan", ""'));
    }
    if (wanted === "Exact" && version === "0") {
      problems.push(forbiddenField(match, `${match} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (query.has("sendInitialEvents")) {
    problems.push(forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return problems;
}

const forbiddenWithContinue = `${match} is forbidden when continue is provided`;

function watchProblems(query: ReadonlyMap<string, string>): readonly FieldError[] {
  const problems: FieldError[] = [];
  const wanted = query.get(match) ?? "";
  const sendsInitial = query.has("sendInitialEvents");
  if (sendsInitial && wanted !== "NotOlderThan") {
    problems.push(forbiddenField(match, `sendInitialEvents requires setting ${match} to NotOlderThan`));
  }
  if (wanted !== "") {
    if (!sendsInitial) {
      problems.push(forbiddenField(match, `${match} is forbidden for watch unless sendInitialEvents is provided`));
    }
    if (wanted !== "NotOlderThan") problems.push(unsupportedMatch(wanted, '"NotOlderThan"'));
    if ((query.get("continue") ?? "") !== "") problems.push(forbiddenField(match, forbiddenWithContinue));
  }
  return problems;
}
